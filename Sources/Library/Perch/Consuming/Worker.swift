import Executors
import Logging
import Postgres
import Redis

/// One worker of a pool: its loop on a thread of its own.
actor Worker {
    private let loop: Loop
    private let postgres: PostgresConfiguration
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// How the loop is made on the worker's thread, where it stays.
    private typealias Loop =
        @Sendable () -> WorkerLoop<
            RedisGroupStreams<RedisConnection>, HandlerDispatch, WorkerSurroundings
        >

    init(
        id: WorkerID,
        progress: ProgressMark,
        metrics: ConsumerMetrics,
        group: ConsumerGroup,
        contract: Contract,
        configuration: WorkerPool.Configuration,
        settings: WorkerPool.Settings,
        board: LeaseBoard,
        stop: StopSignal,
        logger: Logger
    ) {
        executor = ThreadExecutor(name: "perch-\(progress.name)")
        postgres = configuration.postgres
        let sources = Dictionary(uniqueKeysWithValues: contract.topics.map { ($0.name, $0.owner) })
        loop = {
            // Looked up once: a program sets its tracer before it starts a worker.
            let tracer = ConsumerTracing.activeTracer
            return WorkerLoop(
                id: id,
                progress: progress,
                metrics: metrics,
                group: group,
                settings: .init(lease: settings.lease, batchSize: settings.batchSize),
                board: board,
                dispatch: HandlerDispatch(),
                connections: .init(
                    streams: {
                        let connection = try RedisConnection(configuration.redis)
                        try connection.requireOneNode(for: configuration.naming)
                        return RedisGroupStreams(
                            connection: connection,
                            naming: configuration.naming,
                            group: group.name,
                            consumer: progress.name,
                            sources: sources,
                            interruption: stop.descriptor
                        )
                    },
                    tables: {
                        let connection = try PostgresConnection.withOwnSession(configuration.postgres)
                        if settings.checksPublishing { connection.publishOnly(as: contract) }
                        return SQLGroupTables(connection: connection, group: group, tracer: tracer, stop: stop)
                    }
                ),
                world: WorkerSurroundings(stop: stop),
                logger: logger
            )
        }
    }

    /// Blocks the worker's thread until the stop signal is raised and all leases are given back, or the time for that is over.
    ///
    /// - Throws: `SchemaMissing`; else only what is a fault of the program.
    func run() throws {
        do { try loop().run() } catch { throw SchemaMissing.explaining(error, at: postgres) }
    }
}
