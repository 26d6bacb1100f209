public import Postgres

/// What a schedule's handler is run for.
public struct Tick: Sendable, Hashable {
    /// Which schedule's.
    public let schedule: String
    /// The time that the schedule has, however late it is run; of a run that an operator asked for, when that was. Each tick has a time
    /// of its own and keeps it over retries: what is derived from it is the same each time.
    public let time: Timestamp
    /// An operator asked for it (`Schedules.run` of PerchOperating): it is none of the schedule's own ticks.
    public let isRequested: Bool

    /// For tests of handlers.
    public init(schedule: String, time: Timestamp, isRequested: Bool = false) {
        self.schedule = schedule
        self.time = time
        self.isRequested = isRequested
    }
}
