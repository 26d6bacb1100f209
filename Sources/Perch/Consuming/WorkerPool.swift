import Foundation
public import Logging
public import Postgres
public import Redis
public import ServiceLifecycle

/// A consumer group's workers in this process: `workers` threads that share the group's partitions with those of other
/// processes.
///
/// Runs until graceful shutdown or cancellation: then it takes nothing more, finishes the round at hand, gives its leases
/// back and ends, so that another process goes on at once. Every loss of Redis or Postgres is survived with backoff.
public struct WorkerPool: Service {
    /// Sizes and times; all have defaults.
    public struct Settings: Sendable {
        /// Threads, each with one Redis and one Postgres connection. More than the group has partitions stay idle.
        public var workers = 1
        /// How long a partition stays with a process that shows no life. Longer survives longer freezes, shorter moves
        /// the partitions of a killed process sooner: within lease + 2 s.
        public var lease = Duration.seconds(5)
        /// The most events in one transaction, over all partitions of a worker.
        public var batchSize = 500
        /// How often the process shows that it lives; must be well below the lease.
        public var heartbeat = Duration.milliseconds(500)

        /// Whether what handlers publish is checked against the contract, so that they fail with `UndeclaredEvent`; else the relay
        /// alone refuses what is not declared. Costs a publisher by the thousand a tenth of its instructions. Default true.
        public var checksPublishing = true

        /// All defaults: 1 worker, a lease of 5 s, 500 events in a transaction, a heartbeat each 500 ms.
        public init() {}
    }

    /// Where the streams and the group's state are.
    public struct Configuration: Sendable {
        /// The server of the streams; each worker has a connection.
        public var redis: RedisConfiguration
        /// The database of the group's service; each worker has a connection, and the heartbeat one more.
        public var postgres: PostgresConfiguration
        /// As the relays of the topics have it, or the workers see other streams. Default: no namespace.
        public var naming = StreamNaming()

        /// No namespace; set `naming` for one.
        public init(redis: RedisConfiguration, postgres: PostgresConfiguration) {
            self.redis = redis
            self.postgres = postgres
        }
    }

    private let workers: [Worker]
    private let keeper: LeaseKeeper
    private let stop = StopSignal()
    /// When each worker last got on.
    public let progress: [ProgressMark]

    /// Looks its metrics up in the backend of this moment: make it after `MetricsSystem` is bootstrapped.
    ///
    /// - Throws: `UndeclaredTopic` if the group subscribes to what the contract does not have.
    public init(
        group: ConsumerGroup,
        contract: Contract,
        configuration: Configuration,
        settings: Settings = Settings(),
        logger: Logger
    ) throws {
        precondition(settings.workers > 0, "a pool has at least one worker")
        let partitions = try group.partitions(in: contract)
        let board = LeaseBoard()
        let stop = stop
        // A pid comes again after a reboot, and two pools may be in one process.
        let unique = String(UInt32.random(in: 0 ... .max), radix: 36)
        let process = "\(ProcessInfo.processInfo.hostName)-\(ProcessInfo.processInfo.processIdentifier)-\(unique)"
        let ids = (1...settings.workers).map { WorkerID(rawValue: "\(process)/\($0)") }
        // Stable names keep XINFO CONSUMERS short; what a name has pending means nothing to the protocol.
        let marks = (1...settings.workers).map { ProgressMark(name: "worker-\($0)") }
        progress = marks
        let metrics = ConsumerMetrics(group)
        workers = zip(ids, marks).map { id, mark in
            Worker(
                id: id,
                progress: mark,
                metrics: metrics,
                group: group,
                contract: contract,
                configuration: configuration,
                settings: settings,
                board: board,
                stop: stop,
                logger: logger
            )
        }
        keeper = LeaseKeeper(
            workers: ids,
            group: group,
            partitions: partitions,
            board: board,
            postgres: configuration.postgres,
            settings: settings,
            logger: logger
        )
    }

    /// Returns when the last worker has given its leases back; throws only what is a fault of the program.
    public func run() async throws {
        try await withStopSignal(stop) {
            let ended = WaitableFlag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [keeper] in await keeper.run(until: ended) }
                let workers = workers
                group.addTask {
                    defer { ended.raise() }
                    try await withThrowingTaskGroup(of: Void.self) { running in
                        for worker in workers { running.addTask { try await worker.run() } }
                        do {
                            try await running.waitForAll()
                        } catch {
                            // One worker's end by a fault of ours ends the pool: the others finish their rounds.
                            stop.raise()
                            throw error
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
