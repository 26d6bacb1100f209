import Executors
import Foundation
public import Logging
import Postgres
import Redis
public import ServiceLifecycle

/// A consumer group's workers in this process: `workers` threads that share the group's partitions with those of other
/// processes.
///
/// Runs until graceful shutdown or cancellation: then it begins nothing more, finishes the event at hand (a batch handler's
/// batch), commits what it has, gives its leases back and ends, so that another process goes on at once. Every loss of Redis or
/// Postgres is survived with backoff.
public struct WorkerPool: Service {
    /// Sizes and times; all have defaults.
    public struct Settings: Sendable {
        /// How many threads handle events, each with one connection to Redis and one to Postgres. 1 to 1,024. Workers beyond the group's
        /// partitions stay idle and keep their connections. Default 1.
        public var workers = 1

        /// How long a partition stays with a process that shows no life. 0.1 s to a day. A longer lease survives longer freezes. A shorter
        /// lease moves a killed process's partitions sooner: after the lease plus one look. Default 5 s.
        public var lease = Duration.seconds(5)

        /// The most events in one transaction, over all partitions of a worker. 1 to 100,000; 1 is a transaction an event. A larger number
        /// is faster, keeps rows locked for longer, and has more events handled again when one of them fails. Default 500.
        public var batchSize = 500

        /// How often the process shows that it lives. 10 ms to half of the lease. Each beat is one statement. Close to the lease, one late
        /// beat costs the process its partitions. Default 500 ms.
        public var heartbeat = Duration.milliseconds(500)

        /// How long ending may take, from when the pool is told to stop: the event at hand, COMMIT, giving the leases back. 0 s to a day; 0
        /// cuts at once. Past it the connections to Postgres are cut and the workers end; the next owner waits for the lease's end and
        /// handles again what was not committed. A handler that neither returns nor talks to Postgres is waited for nevertheless:
        /// `ServiceGroup.init(services:stoppingWithin:logger:)` ends its process. Keep it below that deadline, and that below what the
        /// program's supervisor grants. Default 20 s.
        public var drain = Duration.seconds(20)

        /// How long a worker keeps a partition while it cannot reach the cluster's node that has the stream. Then another worker gets the
        /// partition; where no other one lives it stays. Set it well above the time of a failover: if no worker reaches the node, the
        /// partition changes hands once per this time. At least 1 s. Default 30 s.
        public var unreachable = Duration.seconds(30)

        /// Whether events are checked against the contract when a handler publishes them; the handler then fails with `UndeclaredEvent`. If
        /// false, only the relay checks: it refuses what is not declared, and the event waits for an operator. The check costs who
        /// publishes by the thousand a tenth of the instructions. Default true.
        public var checksPublishing = true

        /// All defaults: 1 worker, a lease of 5 s, 500 events in a transaction, a heartbeat each 500 ms, 20 s to end,
        /// 30 s with a node out of reach, what handlers publish checked.
        public init() {}
    }

    /// Where the streams and the group's state are. `postgres` is the database of the group's service.
    public typealias Configuration = ServiceConfiguration

    private let workers: [Worker]
    private let heartbeat: Heartbeat
    private let stop: StopSignal
    /// What it serves, for the log.
    private let start: @Sendable () throws -> Void
    /// When each worker last made progress.
    public let progress: [ProgressMark]

    /// Takes its metrics from the backend that is set now: make the pool after `MetricsSystem.bootstrap`.
    ///
    /// - Throws: `UndeclaredTopic` if the group subscribes to what the contract does not have; `InvalidSetting`.
    public init(
        group: ConsumerGroup,
        contract: Contract,
        configuration: Configuration,
        settings: Settings = Settings(),
        logger: Logger
    ) throws {
        try settings.validate()
        for limit in group.limits { try limit.validate() }
        let partitions = try group.partitions(in: contract)
        let board = LeaseBoard()
        let stop = StopSignal(drain: settings.drain)
        self.stop = stop
        var configuration = configuration
        configuration.postgres.stop = stop
        configuration.postgres.mustBeWritable = true
        let (redis, postgres) = (configuration.redis, configuration.postgres)
        start = {
            try postgres.requireSession()
            logger.info(
                "worker pool starts",
                metadata: Logger.Metadata([
                    .group: "\(group.name)", .topics: .names(group.subscriptions.map(\.topic.rawValue)),
                    .count: .number(partitions.count), .workers: .number(settings.workers), .redis: "\(redis)",
                    .database: "\(postgres)",
                ])
            )
        }
        let served = configuration
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
                configuration: served,
                settings: settings,
                board: board,
                stop: stop,
                logger: logger
            )
        }
        heartbeat = Heartbeat(
            workers: ids,
            group: group,
            partitions: partitions,
            board: board,
            postgres: served.postgres,
            settings: settings,
            logger: logger
        )
    }

    /// Returns when the last worker has given its leases back, or `Settings.drain` is over.
    ///
    /// It retries with backoff whatever time or an operator can cure, and logs it as `worker reconnects` with the reason: servers that do
    /// not answer, are read-only, full or have no connection left, a wrong password, a missing right (42501), a database that is not there
    /// yet (3D000).
    /// - Throws: `SchemaMissing` at once where tables, columns, functions or the schema `perch` are missing (42P01, 42703, 42883,
    ///   3F000): run the migrations, then start it again. `SessionNeeded` where a pooler in transaction mode stands between, as far
    ///   as that can be found out. Else only what is a fault of the program.
    public func run() async throws {
        try start()
        try await withStopSignal(stop) {
            let ended = ThreadSignal()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [heartbeat] in
                    do {
                        try await heartbeat.run(until: ended)
                    } catch {
                        stop.raise()
                        throw error
                    }
                }
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
