import Executors
import Logging
import Postgres
import Redis

/// A relay's loop on a thread of its own.
actor RelayThread {
    /// Makes the loop on the relay's thread, where it stays, and runs it.
    private let runLoop: @Sendable () throws -> Void
    private let postgres: PostgresConfiguration
    private let executor = ThreadExecutor(name: "perch-relay")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        topics: [TopicContract],
        configuration: ServiceConfiguration,
        settings: RelayProtocol.Settings,
        stop: StopSignal,
        progress: ProgressMark,
        logger: Logger
    ) {
        postgres = configuration.postgres
        let sources = Dictionary(uniqueKeysWithValues: topics.map { ($0.name, $0.owner) })
        let groups = Dictionary(uniqueKeysWithValues: topics.map { ($0.name, $0.groups) })
        runLoop = {
            func run<Streams: OwnerStreams>(_ streams: @escaping () throws -> Streams) throws {
                try RelayLoop(
                    topics: topics,
                    connections: .init(
                        streams: streams,
                        tables: {
                            RelayStore(
                                connection: try PostgresConnection.withOwnSession(configuration.postgres),
                                naming: configuration.naming,
                                sources: sources,
                                silence: configuration.redis.longestWait
                            )
                        },
                        database: configuration.postgres.description
                    ),
                    settings: settings,
                    world: RelaySurroundings(stop: stop),
                    progress: progress,
                    logger: logger
                ).run()
            }
            // Two kinds of loop, each compiled for its streams.
            if configuration.redis.isCluster {
                try run {
                    ClusterOwnerStreams(
                        connections: try ClusterConnections(configuration.redis) { try $0.requireNoEviction() },
                        naming: configuration.naming,
                        sources: sources,
                        groups: groups
                    )
                }
            } else {
                try run {
                    let connection = try RedisConnection(configuration.redis)
                    try connection.requireFitness(for: configuration.naming)
                    return RedisOwnerStreams(
                        connection: connection,
                        naming: configuration.naming,
                        sources: sources,
                        groups: groups
                    )
                }
            }
        }
    }

    /// Blocks the relay's thread until the stop signal is raised and what is at hand is done, or the time for that is over.
    ///
    /// - Throws: `SchemaMissing`, `TopicsNotDeclared`; else only what is a fault of the program.
    func run() throws {
        do { try runLoop() } catch { throw SchemaMissing.explaining(error, at: postgres) }
    }
}

extension RedisConfiguration {
    /// How long a relay may be kept from Postgres by a server that does not answer: a reply that is waited for, the search for another
    /// server, and a connection that is tried; and some seconds more.
    fileprivate var longestWait: Duration { replyTimeout + connectTimeout * 2 + .seconds(2) }
}
