public import Postgres

/// A schedule of a service, as its database has it.
public struct ScheduleStatus: Sendable, Hashable {
    /// What a schedule is doing. Later versions may add some.
    public struct State: RawRepresentable, Sendable, Hashable {
        /// The name of the constant.
        public let rawValue: String
        /// Takes any name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// Its next tick is to come.
        public static let waiting = State(rawValue: "waiting")
        /// Somebody runs it.
        public static let running = State(rawValue: "running")
        /// Its tick is due, and nobody has begun it.
        public static let due = State(rawValue: "due")
        /// It failed, and is tried again.
        public static let failing = State(rawValue: "failing")
        /// An operator has paused it. Runs that operators ask for are run all the same.
        public static let paused = State(rawValue: "paused")
        /// There is no tick any more.
        public static let ended = State(rawValue: "ended")
    }

    /// Whose it is.
    public let service: String
    /// Unique in the service.
    public let name: String
    /// As the program declared it last: `5 0 * * *`.
    public let recurrence: String
    /// By whose clocks.
    public let timeZone: String
    /// `all`, `latest` or `none`.
    public let missed: String
    /// What it is doing.
    public let state: State
    /// The last tick that is done; nil: none is.
    public let lastTick: Timestamp?
    /// When something of it last committed; nil: never.
    public let lastRunAt: Timestamp?
    /// The first tick that is not done; nil: there is none any more.
    public let nextTick: Timestamp?
    /// How long `nextTick` has been due, by the database's clock; nil if it is not due, or the schedule is paused.
    public let overdue: Duration?
    /// When an operator asked for a run that has not come yet.
    public let requestedAt: Timestamp?
    /// Since when it is paused.
    public let pausedAt: Timestamp?
    /// How many times in a row the tick at hand has failed.
    public let failures: Int
    /// What it failed with, last.
    public internal(set) var lastError: String?
    /// When that was.
    public let failedAt: Timestamp?
    /// It is not tried again before this time.
    public let retryAt: Timestamp?
}
