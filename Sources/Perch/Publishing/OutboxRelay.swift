public import Logging
import PerchProtocol
public import Postgres
public import Redis
public import ServiceLifecycle

/// Moves committed events from a service's outbox into the Redis streams: gives them positions, appends them, audits and
/// mends the streams, and trims them.
///
/// Any number of relays may run on the same database, in any number of processes; none is elected. It runs until its task
/// is cancelled or its service group shuts down gracefully, and survives every loss of Redis or Postgres: the outbox waits.
public struct OutboxRelay: Service {
    /// Where the outbox and the streams are.
    public struct Configuration: Sendable {
        /// The server of the streams. One that evicts keys is not written to until it no longer does.
        public var redis: RedisConfiguration
        /// The database of the service that publishes, with schema `perch`.
        public var postgres: PostgresConfiguration
        /// As the workers of the topics have it, or they see other streams. Default: no namespace.
        public var naming = StreamNaming()

        /// No namespace; set `naming` for one.
        public init(redis: RedisConfiguration, postgres: PostgresConfiguration) {
            self.redis = redis
            self.postgres = postgres
        }
    }

    private let thread: RelayThread
    /// When it last got on: what it had to give was given, and what it had to append was appended.
    public let progress = ProgressMark(name: "relay")
    private let stop = StopSignal()

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
        thread = RelayThread(
            topics: contract.topics.filter { $0.owner == owner },
            configuration: configuration,
            settings: settings,
            stop: stop,
            progress: progress,
            logger: logger
        )
    }

    /// Returns when it was told to stop; throws only what neither time nor an operator can cure.
    public func run() async throws {
        try await withStopSignal(stop) { try await thread.run() }
    }
}
