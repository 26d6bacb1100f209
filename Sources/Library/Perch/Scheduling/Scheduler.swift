import Executors
public import Logging
public import Postgres
public import ServiceLifecycle

/// Runs the schedules of a service: each tick once, in order, by whoever of its processes comes first.
///
/// Any number of them may run, in any number of processes. The clock of Postgres decides what is due. A scheduler has one thread and
/// one connection, and runs its schedules one after another: one whose ticks take long has a scheduler of its own, so that the others
/// do not wait. While it waits, for the next tick or for at most `Settings.look`, no transaction is open.
///
/// It runs until its task is cancelled or its service group shuts down gracefully, and survives every loss of Postgres: what is due
/// waits.
public struct Scheduler: Service {
    /// Times; all have defaults, and none is longer than a day. `Scheduler.init` throws `InvalidSetting` for what cannot be.
    public struct Settings: Sendable {
        /// The longest time between two looks: how soon it notices what an operator, or another process, has changed. A known tick is run
        /// in time however long this is. Each look is one statement. 1 ms to a day. Default 5 s.
        public var look = Duration.seconds(5)
        /// For how long a handler may say nothing to Postgres. Past it, as where its process is frozen, Postgres ends the transaction, and
        /// the tick is run again. Too short: a handler that computes for longer never finishes. Too long: a tick waits that long for a
        /// frozen process. 100 ms to a day: there is no value for "without end". Default 60 s.
        public var silence = Duration.seconds(60)
        /// How long ending may take, from when the scheduler is told to stop: the transaction at hand. Past it the connection is cut, and
        /// the tick is run again by whoever comes next. A handler that neither returns nor talks to Postgres is waited for nevertheless,
        /// until `ServiceGroup.init(services:stoppingWithin:logger:)` ends the process. Zero: cut at once; up to a day. Default 20 s.
        public var drain = Duration.seconds(20)

        /// All defaults: a look each 5 s, 60 s of silence, 20 s to end.
        public init() {}
    }

    private let thread: SchedulerThread
    private let stop: StopSignal
    /// What it serves, for the log.
    private let start: @Sendable () -> Void

    /// Takes its metrics from the backend that is set now: make the scheduler after `MetricsSystem.bootstrap`.
    ///
    /// - Parameters:
    ///   - service: Whose schedules they are, as operators name its database.
    ///   - contract: What the handlers publish is checked against it.
    ///   - postgres: The service's database, with schema `perch`.
    /// - Throws: `InvalidSetting`, also for a name that two schedules have, or that is empty or too long.
    public init(
        service: String,
        schedules: [Schedule],
        contract: Contract,
        postgres: PostgresConfiguration,
        settings: Settings = Settings(),
        logger: Logger
    ) throws {
        try self.init(
            service: service,
            schedules: schedules,
            contract: contract,
            postgres: postgres,
            settings: settings,
            logger: logger,
            clock: nil
        )
    }

    /// - Parameter clock: For tests, instead of Postgres's.
    package init(
        service: String,
        schedules: [Schedule],
        contract: Contract,
        postgres: PostgresConfiguration,
        settings: Settings,
        logger: Logger,
        clock: (@Sendable () -> Timestamp)?
    ) throws {
        try settings.validate()
        try Self.validate(schedules)
        let stop = StopSignal(drain: settings.drain)
        self.stop = stop
        var postgres = postgres
        postgres.stop = stop
        postgres.mustBeWritable = true
        start = { [postgres] in
            logger.info(
                "scheduler starts",
                metadata: Logger.Metadata([
                    .owner: "\(service)", .count: .number(schedules.count), .database: "\(postgres)",
                ])
            )
        }
        thread = SchedulerThread(
            service: service,
            schedules: schedules,
            contract: contract,
            postgres: postgres,
            settings: settings,
            stop: stop,
            clock: clock,
            logger: logger
        )
    }

    /// Returns when it was told to stop and the transaction at hand is over, or `Settings.drain` is.
    ///
    /// It retries with backoff whatever time or an operator can cure, and logs it as `scheduler reconnects` with the reason.
    /// - Throws: `SchemaMissing` where tables, columns or the schema `perch` are missing (42P01, 42703, 42883, 3F000): run the
    ///   migrations, then start it again.
    public func run() async throws {
        start()
        try await withStopSignal(stop) { try await thread.run() }
    }

    private static func validate(_ schedules: [Schedule]) throws(InvalidSetting) {
        var names: Set<String> = []
        for schedule in schedules {
            guard (1...128).contains(schedule.name.utf8.count), !schedule.name.contains("\0") else {
                throw InvalidSetting("schedules", expected: "names of 1 to 128 bytes", found: schedule.name)
            }
            guard names.insert(schedule.name).inserted else {
                throw InvalidSetting("schedules", expected: "a name for each", found: "two of \(schedule.name)")
            }
        }
    }
}

extension Scheduler.Settings {
    /// - Throws: `InvalidSetting` for the first that cannot be.
    fileprivate func validate() throws(InvalidSetting) {
        for (name, value, least) in [("look", look, 1), ("silence", silence, 100), ("drain", drain, 0)] {
            guard (.milliseconds(least) ... .seconds(86_400)).contains(value) else {
                throw InvalidSetting(name, expected: "\(least) milliseconds to a day", found: value)
            }
        }
    }
}
