public import LocalServers
public import Logging
public import Perch
public import Postgres
import Redis

/// A small Perch system on a private Redis and a database of its own: producer and consumer share the database.
public struct TestSystem: Sendable {
    public let contract: Contract
    public let redis: LocalRedis
    public let databaseURL: String
    public var logger: Logger

    /// Prepares schema and topics.
    /// - Parameters:
    ///   - owner: The service whose topics are published here.
    public init(contract: Contract, owner: String, redis: LocalRedis, databaseURL: String) throws {
        self.contract = contract
        self.redis = redis
        self.databaseURL = databaseURL
        self.logger = Logger(label: "perch.test")
        logger.logLevel = .critical
        let connection = try PostgresConnection(postgres)
        try Migrator.migrate(connection, component: "perch", Migration.perch)
        try contract.declareTopics(ownedBy: owner, on: connection)
    }

    public var postgres: PostgresConfiguration {
        get throws { try PostgresConfiguration(url: databaseURL) }
    }

    public func relay(owner: String) throws -> OutboxRelay {
        let configuration = OutboxRelay.Configuration(
            redis: try RedisConfiguration(url: redis.url),
            postgres: try postgres
        )
        return OutboxRelay(owner: owner, contract: contract, configuration: configuration, logger: logger)
    }

    public func pool(_ group: ConsumerGroup, settings: WorkerPool.Settings = .init()) throws -> WorkerPool {
        let configuration = WorkerPool.Configuration(
            redis: try RedisConfiguration(url: redis.url),
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
