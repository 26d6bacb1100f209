import HTTPKit
import Logging
import Perch
import PerchMetrics
import PerchOperating
import Postgres
import Redis
import ServiceKit
import ServiceLifecycle
import UnixSignals

/// What a process of a service is made of: its settings, and the parts that can run in it.
struct ServiceProcess<Service: ServedService> {
    let service: ServiceDescription
    let settings: Settings
    let logger: Logger
    private let contract: Contract
    private let telemetry: Telemetry
    private let database: PostgresConfiguration
    private let redis: RedisConfiguration
    private let naming: StreamNaming

    /// - Parameter purpose: `work`; Postgres shows it beside the service's name.
    init(_ settings: Settings, purpose: String) throws {
        service = try Service.describe(settings)
        self.settings = settings
        contract = try settings.contract()
        var database = try settings.require(service.databaseSetting)
        database.applicationName = "popug-\(service.name)-\(purpose)"
        self.database = database
        redis = try settings.require(.redisURL)
        naming = StreamNaming(namespace: settings[.redisNamespace] ?? "")
        telemetry = Telemetry.bootstrap("popug.\(service.name)", settings: settings)
        logger = telemetry.logger
    }

    // MARK: Background

    /// What runs in the background: the relay where the service has topics, the workers, and what else the service needs.
    struct Background {
        var services: [any ServiceLifecycle.Service] = []
        var checks: [ReadinessCheck] = []
    }

    /// - Parameters:
    ///   - workers: 0: no workers and no companions.
    ///   - hasRelay: Where the service has topics.
    func background(workers: Int, hasRelay: Bool) throws -> Background {
        var background = Background()
        if hasRelay, contract.topics.contains(where: { $0.owner == service.name }) {
            var configuration = OutboxRelay.Configuration(redis: settings[.relayRedisURL] ?? redis, postgres: database)
            configuration.naming = naming
            let relay = OutboxRelay(
                owner: service.name,
                contract: contract,
                configuration: configuration,
                logger: logger
            )
            background.services.append(relay)
            background.checks.append(.progress(relay.progress))
        }
        if let group = service.consumerGroup, workers > 0 {
            let pool = try pool(of: group, workers: workers)
            background.services.append(pool)
            background.checks += pool.progress.map { .progress($0) }
            background.services += try Service.companions(settings, logger: logger)
        }
        return background
    }

    private func pool(of group: ConsumerGroup, workers: Int) throws -> WorkerPool {
        var configuration = WorkerPool.Configuration(redis: redis, postgres: database)
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

    // MARK: HTTP

    /// Serves the service's API, its pages where it has some, and the calls that operate the process.
    ///
    /// - Returns: The last is the first to stop: not ready any more, then no new request, while the rest finishes.
    func serving(on port: Int, checks: [ReadinessCheck]) throws -> [any ServiceLifecycle.Service] {
        // Each connection runs one transaction at a time.
        let database = Database(database, contract: contract, size: 8, observer: DatabaseMetrics().observe)
        let verifier = try Service.verifier(settings, database: database, logger: logger)
        let status = systemStatus()
        var served = try Service.server(settings, database: database, logger: logger)
        if let site = try Service.site(settings, database: database, logger: logger) {
            served.add(telling(lagBy: status, site))
        }
        let keys = ReadinessCheck.keys { await verifier.canVerify() }
        let (server, health) = try server(
            served.api,
            on: port,
            verifier: verifier,
            database,
            status: status,
            checks: [keys] + checks
        )
        return served.companions + [server, health]
    }

    /// Serves only the calls that operate the process.
    func operationsServer(on port: Int, checks: [ReadinessCheck]) throws -> (server: APIServer, health: Health) {
        let api = API(service: service.name, title: "Operation of a process of workers.", calls: [])
        return try server(
            api,
            on: port,
            verifier: NobodyVerified(),
            Database(database, size: 1),
            status: systemStatus(),
            checks: checks
        )
    }

    private func server(
        _ api: API,
        on port: Int,
        verifier: any TokenVerifying,
        _ database: Database,
        status: SystemStatus,
        checks: [ReadinessCheck]
    ) throws -> (server: APIServer, health: Health) {
        let health = Health(checks: [.database(database, of: service)] + checks)
        let metrics = MetricsPage(
            registry: telemetry.registry,
            service: service.name,
            version: PopugCommand.version,
            status: StatusSource(
                status,
                group: service.consumerGroup?.name,
                owner: service.name
            )
        )
        let server = APIServer(
            api: api.adding(API.operations(health: health, metrics: metrics)),
            host: try settings.require(.httpHost),
            port: port,
            connections: try settings.require(.httpConnections),
            verifier: verifier,
            proxies: try settings.require(.trustedProxies),
            logger: logger
        )
        return (server, health)
    }

    /// How far the service's group and outbox are: for metrics and pages.
    private func systemStatus() -> SystemStatus {
        // Neither a scrape nor a page waits for what is away.
        var connections = SystemConnections(
            contract: contract,
            redis: redis,
            databases: [service.name: database],
            naming: naming,
            patience: .milliseconds(200),
            databasePatience: .milliseconds(200)
        )
        if let group = service.consumerGroup?.name {
            connections.databases[group.rawValue] = connections.databases[service.name]
        }
        connections.redis?.clientName = "perch-status"
        return SystemStatus(OperatedSystem(connections))
    }

    /// The pages of a service that consumes say where its handlers are behind.
    private func telling(lagBy status: SystemStatus, _ site: ServiceSite) -> ServiceSite {
        guard let group = service.consumerGroup?.name else { return site }
        return site.telling { await status.oldestUnprocessedAge(of: group) }
    }

    /// Runs them until SIGTERM or Ctrl-C; then they stop in the reverse order, by the deadline.
    func run(_ services: [any ServiceLifecycle.Service]) async throws {
        try await ServiceGroup(services: services, stoppingWithin: StopDeadline.service, logger: logger).run()
    }
}

/// For a server whose calls are for anyone.
private struct NobodyVerified: TokenVerifying {
    func verify(_ token: String) async throws -> AuthenticatedUser { throw TokenError.keysUnavailable }
}
