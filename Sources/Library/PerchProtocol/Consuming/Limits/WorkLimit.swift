/// What a group's handlers may do at most, over all its workers in all processes: so many events a second, so many at a time, or both.
///
///     WorkLimit("bank", perSecond: 50, atATime: 4)
///
/// Subscriptions of one group that have the same limit share it. What is over the limit waits in the stream, in its order: no event
/// fails by it and no attempt is counted. Retries of failed events count too. Other topics of the worker go on.
public struct WorkLimit: Sendable, Hashable {
    /// Its name in the group: the same name is the same limit.
    public let name: LimitName
    /// How many events may be begun a second, in the long run. In any time of W seconds no more than `perSecond * (W + 1) + burst`
    /// are begun; a batch handler's events are begun together, by its call. More than 0, at most 1,000,000; nil: any number.
    public let perSecond: Double?
    /// How many events may be begun at once after a pause. 1 to 1,000,000. It means nothing without `perSecond`.
    public let burst: Int
    /// How many workers may be within handlers at a time: how many transactions are open in which events of the limit are handled.
    /// A worker handles its events one after another, so it is the number of events at a time too. 1 to 1,024; nil: any number.
    public let atATime: Int?

    /// What cannot be is refused by `WorkerPool.init`, with `InvalidSetting`.
    ///
    /// - Parameters:
    ///   - perSecond: Default nil: any number.
    ///   - burst: Default nil: what comes in one second, at least 1.
    ///   - atATime: Default nil: any number.
    public init(_ name: LimitName, perSecond: Double? = nil, burst: Int? = nil, atATime: Int? = nil) {
        self.name = name
        self.perSecond = perSecond
        let second = perSecond.flatMap { $0.isFinite ? Int(exactly: $0.rounded(.up)) : nil } ?? 1
        self.burst = burst ?? max(1, second)
        self.atATime = atATime
    }
}
