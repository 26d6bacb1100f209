/// How a worker stands with the limits of its group. Empty where there are none: the way of nearly every worker.
struct LimitBook: Sendable {
    private var standings: [LimitName: LimitStanding] = [:]
    private let names: [TopicName: LimitName]
    /// Reading what is throttled and reading the others take turns.
    var hasJustRead = false
    /// Where a round has failed and was put off before it was gone through event by event: it begins so when it is read again, or the
    /// event that fails would use up all that is allowed, and never be parked.
    private var failing: Set<Partition> = []
    /// Where the next read of few begins.
    private(set) var rotation = 0

    init(_ limits: [TopicName: WorkLimit]) {
        names = limits.mapValues(\.name)
        for limit in limits.values { standings[limit.name] = LimitStanding(limit) }
    }

    var isEmpty: Bool { names.isEmpty }

    func name(of topic: TopicName) -> LimitName? { names[topic] }

    subscript(name: LimitName) -> LimitStanding? { standings[name] }

    mutating func update<R>(_ name: LimitName, _ change: (inout LimitStanding) -> R) -> R? {
        standings[name].map { standing in
            var standing = standing
            defer { standings[name] = standing }
            return change(&standing)
        }
    }

    /// Whether its partitions are read by themselves.
    func isThrottled(_ topic: TopicName) -> Bool {
        guard let name = names[topic] else { return false }
        return standings[name]?.isThrottled == true
    }

    /// When something of the topic may be begun; nil: at once, as far as is known.
    func waitsUntil(_ topic: TopicName) -> Duration? {
        guard let name = names[topic], let standing = standings[name], standing.isThrottled else { return nil }
        return standing.waitsUntil
    }

    func isWaiting(_ topic: TopicName, _ now: Duration) -> Bool { waitsUntil(topic).map { $0 > now } ?? false }

    /// By when what is allowed has to be begun, of each limit that has a rate; and when a slot is to be given to others.
    func deadlines(_ now: Duration, _ settings: WorkerProtocol.Settings) -> [TopicName: Duration] {
        var deadlines: [TopicName: Duration] = [:]
        for (topic, name) in names {
            guard let standing = standings[name] else { continue }
            let rate = standing.hasRate ? standing.deadline(settings) : nil
            let slot = standing.hasSlots ? now + settings.limitTurn : nil
            deadlines[topic] = [rate, slot].compactMap(\.self).min()
        }
        return deadlines
    }

    mutating func beCareful(with partition: Partition) { failing.insert(partition) }

    /// Whether a round of these has to go event by event.
    func isCareful(with partitions: some Sequence<Partition>) -> Bool {
        !failing.isEmpty && partitions.contains(where: failing.contains)
    }

    /// Something of it has committed, or it is not held any more.
    mutating func hasPassed(_ partition: Partition) { failing.remove(partition) }

    /// So many of these, in turn.
    mutating func choose(_ count: Int, of partitions: [Partition]) -> [Partition] {
        guard count < partitions.count else { return partitions }
        let first = rotation % partitions.count
        rotation = (first + count) % partitions.count
        let chosen = (partitions[first...] + partitions[..<first]).prefix(count)
        return chosen.sorted()
    }

    mutating func forget() {
        for name in standings.keys { standings[name]?.forget() }
    }
}
