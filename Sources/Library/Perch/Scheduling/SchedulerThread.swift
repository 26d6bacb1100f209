import Executors
import Logging
import Postgres

/// A scheduler's loop on a thread of its own.
actor SchedulerThread {
    /// Makes the loop on the scheduler's thread, where it stays, and runs it.
    private let runLoop: @Sendable () throws -> Void
    private let postgres: PostgresConfiguration
    private let executor = ThreadExecutor(name: "perch-scheduler")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        service: String,
        schedules: [Schedule],
        contract: Contract,
        postgres: PostgresConfiguration,
        settings: Scheduler.Settings,
        stop: StopSignal,
        clock: (@Sendable () -> Timestamp)?,
        logger: Logger
    ) {
        self.postgres = postgres
        runLoop = {
            try SchedulerLoop(
                schedules: schedules,
                look: settings.look,
                world: WorkerSurroundings(stop: stop),
                logger: logger
            ) {
                let connection = try PostgresConnection(postgres)
                connection.publishOnly(as: contract)
                return SQLScheduleTables(
                    connection: connection,
                    service: service,
                    silence: settings.silence,
                    clock: clock
                )
            }.run()
        }
    }

    /// Blocks the scheduler's thread until the stop signal is raised and what is at hand is done, or the time for that is over.
    ///
    /// - Throws: `SchemaMissing`; else only what is a fault of the program.
    func run() throws {
        do { try runLoop() } catch { throw SchemaMissing.explaining(error, at: postgres) }
    }
}
