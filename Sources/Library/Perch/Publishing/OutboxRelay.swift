import Executors
public import Logging
import PerchProtocol
import Postgres
import Redis
public import ServiceLifecycle

/// Moves committed events from a service's outbox into the Redis streams: gives them positions, appends them, audits and
/// mends the streams, and trims them.
///
/// Any number of relays may run on the same database, in any number of processes. Of those of the same topics one is active, and the
/// others stand by. A standby tries once a second to take over. It succeeds when the active relay's Postgres connection ends, or has been
/// silent for longer than Redis may delay it (11 s with the default timeouts). This only saves work: several active relays are safe. A
/// transaction that publishes wakes the active relay if that is in its process; else it looks within 50 ms.
///
/// Sizes and times of a relay are not settings of a program: the protocol has them, and the simulation is run with them.
///
/// It runs until its task is cancelled or its service group shuts down gracefully, and survives every loss of Redis or Postgres: the
/// outbox waits.
public struct OutboxRelay: Service {
    /// Where the outbox and the streams are. `postgres` is the database of the service that publishes.
    public typealias Configuration = ServiceConfiguration

    private let thread: RelayThread
    /// When it last made progress: all positions were given and all entries appended; or it stood by, since another relay is active.
    public let progress = ProgressMark(name: "relay")
    /// A relay has little to finish: what is not appended waits in the log.
    private let stop = StopSignal(drain: .seconds(10))
    /// What it serves, for the log.
    private let start: @Sendable () throws -> Void

    /// - Parameters:
    ///   - owner: The service whose topics it serves, as the contract names it.
    public init(owner: String, contract: Contract, configuration: Configuration, logger: Logger) {
        self.init(owner: owner, contract: contract, configuration: configuration, settings: .init(), logger: logger)
    }

    init(
        owner: String,
        contract: Contract,
        configuration: Configuration,
        settings: RelayProtocol.Settings,
        logger: Logger
    ) {
        let topics = contract.topics.filter { $0.owner == owner }
        var configuration = configuration
        configuration.postgres.stop = stop
        configuration.postgres.mustBeWritable = true
        let (redis, postgres) = (configuration.redis, configuration.postgres)
        start = {
            guard !topics.isEmpty else {
                throw UnknownOwner(owner: owner, known: Set(contract.topics.map(\.owner)).sorted())
            }
            try postgres.requireSession()
            logger.info(
                "relay starts",
                metadata: Logger.Metadata([
                    .owner: "\(owner)", .topics: .names(topics.map(\.name.rawValue)),
                    .count: .number(topics.reduce(0) { $0 + $1.partitions }), .redis: "\(redis)",
                    .database: "\(postgres)",
                ])
            )
        }
        thread = RelayThread(
            topics: topics,
            configuration: configuration,
            settings: settings,
            stop: stop,
            progress: progress,
            logger: logger
        )
    }

    /// Returns after it was told to stop: at once, or when the append or statement at hand has been answered, but after at most 10 s.
    ///
    /// It retries with backoff whatever time or an operator can cure, and logs it as `relay reconnects` with the reason, as
    /// `WorkerPool.run` does.
    /// - Throws: `UnknownOwner` at once where the contract has no topic of this owner; `SchemaMissing` where tables, columns,
    ///   functions or the schema `perch` are missing (42P01, 42703, 42883, 3F000); `TopicsNotDeclared` where the database does
    ///   not have the owner's topics; `SessionNeeded` where a pooler in transaction mode stands between, as far as that can be
    ///   found out. Else only what neither time nor an operator can cure.
    public func run() async throws {
        try start()
        try await withStopSignal(stop, waking: OutboxSignal.shared) { try await thread.run() }
    }
}
