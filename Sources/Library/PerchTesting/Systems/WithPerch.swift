public import LocalServers
public import Logging
public import Perch
public import Postgres
import Redis

/// Runs the body with a whole small system: a database for each service, made and migrated, a relay for each that owns topics,
/// the workers of each group, and a scheduler for each service that has schedules.
///
///     try await withPerch(contract: contract, services: [shop, billing]) { system in
///         try await system.publish(OrderPlaced(orderID: "order-1", cents: 500))
///         try await system.settle()
///         …
///     }
///
/// A topic that a group subscribes to and whose owner is not among the services is published by a stand-in: a database and a
/// relay in the owner's name. So a service is tested without the others.
///
/// Systems run side by side on the same servers: each has databases and a namespace of its own. Their databases are removed
/// afterwards.
/// - Parameters:
///   - services: By their names, which differ.
///   - beginning: What the clock of schedules shows at first; `RunningSystem.advance(by:within:)` moves it. Default: the present.
///   - redis: Default: `LocalRedis.shared()`. A test that stops or fills the server takes one of its own.
///   - postgres: Default: `LocalPostgres.shared()`.
///   - logger: Of relays and workers. Default: critical messages only.
/// - Throws: `LocalServerError` where a server cannot be started: it names the package that brings a missing program.
///   `UndeclaredTopic`; `InvalidSetting` for two schedules of one name; what `ServiceDatabase.prepare` throws; what a relay or a group's workers end with; what the body throws.
public func withPerch<R>(
    contract: Contract,
    services: [TestService],
    beginning: Timestamp = .now,
    redis: LocalRedis? = nil,
    postgres: LocalPostgres? = nil,
    logger: Logger? = nil,
    _ body: (RunningSystem) async throws -> R
) async throws -> R {
    let logger = logger ?? .criticalOnly
    let system = try await TestThread().run {
        try RunningSystem(
            contract: contract,
            services: services,
            beginning: beginning,
            redis: redis ?? LocalRedis.shared(),
            postgres: postgres ?? LocalPostgres.shared()
        )
    }
    do {
        let result = try await system.run(logger: logger, body)
        await system.close()
        return result
    } catch {
        await system.close()
        throw error
    }
}

extension RunningSystem {
    /// Runs relays, workers and schedulers while the body runs.
    fileprivate func run<R>(logger: Logger, _ body: (RunningSystem) async throws -> R) async throws -> R {
        let address = try RedisConfiguration(url: redis.url)
        let owners = Set(contract.topics.map(\.owner))
        let relays = services.filter { owners.contains($0.name) }.map { service in
            var configuration = OutboxRelay.Configuration(redis: address, postgres: configuration(of: service))
            configuration.naming = naming
            return OutboxRelay(owner: service.name, contract: contract, configuration: configuration, logger: logger)
        }
        let pools = try services.flatMap { service in
            try service.groups.map { group in
                var configuration = WorkerPool.Configuration(redis: address, postgres: configuration(of: service))
                configuration.naming = naming
                return try WorkerPool(
                    group: group,
                    contract: contract,
                    configuration: configuration,
                    settings: service.settings,
                    logger: logger
                )
            }
        }
        let schedulers = try services.filter { !$0.schedules.isEmpty }.map { try scheduler(of: $0, logger: logger) }
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            for relay in relays { tasks.addTask { try await self.keepingFailure { try await relay.run() } } }
            for pool in pools { tasks.addTask { try await self.keepingFailure { try await pool.run() } } }
            for scheduler in schedulers {
                tasks.addTask { try await self.keepingFailure { try await scheduler.run() } }
            }
            let result = try await body(self)
            tasks.cancelAll()
            try await tasks.waitForAll()
            return result
        }
    }
}

extension Logger {
    fileprivate static var criticalOnly: Logger {
        var logger = Logger(label: "perch.test")
        logger.logLevel = .critical
        return logger
    }
}
