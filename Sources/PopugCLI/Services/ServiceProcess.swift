import Logging
import Perch
import Postgres
import ServiceKit
import ServiceLifecycle
import UnixSignals

/// What a process of a service is made of: its settings, and the parts that can run in it.
struct ServiceProcess {
    let service: ServiceDescription
    let settings: Settings
    let contract: Contract
    let logger: Logger
    private let database: PostgresConfiguration
    private let naming: StreamNaming

    /// - Parameter purpose: `work`; Postgres shows it beside the service's name.
    init(_ service: ServiceDescription, settings: Settings, purpose: String) throws {
        self.service = service
        self.settings = settings
        contract = try settings.contract()
        logger = settings.logger("popug.\(service.name)")
        var database = try settings.require(service.databaseSetting)
        database.applicationName = "popug-\(service.name)-\(purpose)"
        self.database = database
        naming = StreamNaming(namespace: settings[.redisNamespace] ?? "")
    }

    /// Connections for HTTP: each runs one transaction at a time.
    func httpDatabase() -> Database { Database(database, size: 8) }

    /// Moves the service's events on; nil where it has no topics.
    func relay() throws -> OutboxRelay? {
        guard contract.topics.contains(where: { $0.owner == service.name }) else { return nil }
        var configuration = OutboxRelay.Configuration(
            redis: try settings[.relayRedisURL] ?? settings.require(.redisURL),
            postgres: database
        )
        configuration.naming = naming
        return OutboxRelay(owner: service.name, contract: contract, configuration: configuration, logger: logger)
    }

    /// The workers; nil where the service reads nothing, or none are asked for.
    func pool(workers: Int) throws -> WorkerPool? {
        guard let group = service.consumerGroup, workers > 0 else { return nil }
        var configuration = WorkerPool.Configuration(redis: try settings.require(.redisURL), postgres: database)
        configuration.naming = naming
        var pool = WorkerPool.Settings()
        pool.workers = workers
        pool.lease = try settings.require(.lease)
        pool.batchSize = try settings.require(.batchSize)
        return try WorkerPool(
            group: group,
            contract: contract,
            configuration: configuration,
            settings: pool,
            logger: logger
        )
    }

    /// Runs them until SIGTERM or Ctrl-C; then they stop in the reverse order.
    func run(_ services: [any Service]) async throws {
        try await ServiceGroup(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        ).run()
    }
}
