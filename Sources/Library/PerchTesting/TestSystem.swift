public import LocalServers
public import Logging
public import Perch
public import Postgres
import Redis

/// A small Perch system on a private Redis and a database of its own: producer and consumer share the database.
public struct TestSystem: Sendable {
    /// What relays and pools serve.
    public let contract: Contract
    /// The server of the streams, without a namespace.
    public let redis: LocalRedis
    /// How relays and pools find the streams. Default: the URL of `redis`; another one leads through TLS, to the master that
    /// sentinels name, or to a cluster.
    public var redisURL: String?
    /// Where outbox, log, leases and checkpoints are, as the role that owns the schema.
    public let databaseURL: String
    /// The logger of relays and pools that are made after it is set. Default: it logs critical messages only.
    public var logger: Logger

    /// Prepares schema and topics.
    /// - Parameters:
    ///   - owner: The service whose topics are published here; where nothing is, the name of the service that reads.
    public init(contract: Contract, owner: String, redis: LocalRedis, databaseURL: String) throws {
        self.contract = contract
        self.redis = redis
        self.databaseURL = databaseURL
        self.logger = Logger(label: "perch.test")
        logger.logLevel = .critical
        let configuration = try PostgresConfiguration(privateURL: databaseURL)
        try ServiceDatabase.prepare(PostgresConnection(configuration), owner: owner, contract: contract)
    }

    /// - Throws: `PostgresError` if `databaseURL` is not the URL of a database.
    public var postgres: PostgresConfiguration {
        get throws { try PostgresConfiguration(url: databaseURL) }
    }

    /// A relay for the topics of `owner`, not running yet.
    public func relay(owner: String) throws -> OutboxRelay {
        let configuration = OutboxRelay.Configuration(
            redis: try RedisConfiguration(url: redisURL ?? redis.url),
            postgres: try postgres
        )
        return OutboxRelay(owner: owner, contract: contract, configuration: configuration, logger: logger)
    }

    /// The workers of a group, not running yet.
    ///
    /// - Throws: `UndeclaredTopic` if the group subscribes to what the contract does not have.
    public func pool(_ group: ConsumerGroup, settings: WorkerPool.Settings = .init()) throws -> WorkerPool {
        let configuration = WorkerPool.Configuration(
            redis: try RedisConfiguration(url: redisURL ?? redis.url),
            postgres: try postgres
        )
        return try WorkerPool(
            group: group,
            contract: contract,
            configuration: configuration,
            settings: settings,
            logger: logger
        )
    }
}
