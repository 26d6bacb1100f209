import Executors
import Logging
import Postgres

/// The heartbeat of a pool: its loop on a thread of its own.
actor Heartbeat {
    private let loop: @Sendable (ThreadSignal) -> HeartbeatLoop<SQLHeartbeatTables, HeartbeatSurroundings>
    private let postgres: PostgresConfiguration
    private let executor = ThreadExecutor(name: "perch-leases")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        workers: [WorkerID],
        group: ConsumerGroup,
        partitions: [Partition],
        board: LeaseBoard,
        postgres: PostgresConfiguration,
        settings: WorkerPool.Settings,
        logger: Logger
    ) {
        self.postgres = postgres
        loop = { ended in
            HeartbeatLoop(
                workers: workers,
                group: group,
                partitions: partitions,
                board: board,
                lease: settings.lease,
                every: settings.heartbeat,
                world: HeartbeatSurroundings(ended: ended),
                logger: logger
            ) {
                SQLHeartbeatTables(connection: try PostgresConnection.withOwnSession(postgres), group: group.name)
            }
        }
    }

    /// Beats until `ended` is raised, which is when the last worker has given its leases back.
    ///
    /// - Throws: `SchemaMissing`; all else is tried again.
    func run(until ended: ThreadSignal) throws {
        do { try loop(ended).run() } catch { throw SchemaMissing.explaining(error, at: postgres) }
    }
}
