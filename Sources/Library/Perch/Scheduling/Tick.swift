public import Postgres

/// What a schedule's handler is run for.
public struct Tick: Sendable, Hashable {
    /// Which schedule's.
    public let schedule: String
    /// The time for which the tick is scheduled, however late it is run. If an operator asked for the run: when that was. Each tick has its
    /// own time and keeps it over retries, so what is derived from it stays the same.
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
