import Executors
import Logging
import Postgres
import Redis

/// One worker of a pool: its loop on a thread of its own.
actor Worker {
    /// Makes the loop on the worker's thread, where it stays, and runs it.
    private let runLoop: @Sendable () throws -> Void
    private let postgres: PostgresConfiguration
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        id: WorkerID,
        progress: ProgressMark,
        metrics: ConsumerMetrics,
        group: ConsumerGroup,
        contract: Contract,
        configuration: ServiceConfiguration,
        settings: WorkerPool.Settings,
        board: LeaseBoard,
        stop: StopSignal,
        logger: Logger
    ) {
        executor = ThreadExecutor(name: "perch-\(progress.name)")
        postgres = configuration.postgres
        let sources = Dictionary(uniqueKeysWithValues: contract.topics.map { ($0.name, $0.owner) })
        runLoop = {
            // Looked up once: a program sets its tracer before it starts a worker.
            let tracer = ConsumerTracing.activeTracer
            func run<Streams: GroupStreams>(_ streams: @escaping () throws -> Streams) throws {
                try WorkerLoop(
                    id: id,
                    progress: progress,
                    metrics: metrics,
                    group: group,
                    settings: .init(
                        lease: settings.lease,
                        batchSize: settings.batchSize,
                        unreachable: settings.unreachable
                    ),
                    board: board,
                    dispatch: HandlerDispatch(),
                    connections: .init(
                        streams: streams,
                        tables: {
                            let connection = try PostgresConnection.withOwnSession(configuration.postgres)
                            if settings.checksPublishing { connection.publishOnly(as: contract) }
                            return SQLGroupTables(connection: connection, group: group, tracer: tracer, stop: stop)
                        }
                    ),
                    world: WorkerSurroundings(stop: stop),
                    logger: logger
                ).run()
            }
            // Two kinds of loop, each compiled for its streams.
            if configuration.redis.isCluster {
                try run {
                    ClusterGroupStreams(
                        connections: try ClusterConnections(configuration.redis),
                        naming: configuration.naming,
                        group: group.name,
                        consumer: progress.name,
                        sources: sources,
                        interruption: stop.descriptor
                    )
                }
            } else {
                try run {
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
                }
            }
        }
    }

    /// Blocks the worker's thread until the stop signal is raised and all leases are given back, or the time for that is over.
    ///
    /// - Throws: `SchemaMissing`; else only what is a fault of the program.
    func run() throws {
        do { try runLoop() } catch { throw SchemaMissing.explaining(error, at: postgres) }
    }
}
