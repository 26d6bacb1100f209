import ArgumentParser
import Logging
import Perch
import Postgres
import ServiceKit
import ServiceLifecycle
import UnixSignals

struct WorkCommand<Service: ServedService>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "work",
            abstract: "Run the service's relay and its workers, until SIGTERM or Ctrl-C.",
            discussion: """
                Any number of these may run, on any number of machines: partitions are shared evenly, and those of a
                process that ends move to the others within 2 seconds (killed or frozen: within the lease and 2 seconds).

                EXAMPLE
                  popug accounting work --workers 2
                """
        )
    }

    @OptionGroup var options: ServiceOptions

    @Option(help: "Threads that consume, each with a Redis and a Postgres connection. 0: relay only.")
    var workers = 1

    func validate() throws {
        guard (0...256).contains(workers) else { throw ValidationError("--workers takes 0 to 256, got \(workers)") }
    }

    func run() async throws {
        let settings = try options.settings()
        let service = try Service.describe(settings)
        let contract = try settings.contract()
        let logger = Telemetry.bootstrap("popug.\(service.name)", settings: settings).logger
        var database = try settings.require(service.databaseSetting)
        database.applicationName = "popug-\(service.name)-work"
        let naming = StreamNaming(namespace: settings[.redisNamespace] ?? "")
        let redis = try settings.require(.redisURL)

        var services: [any ServiceLifecycle.Service] = []
        if contract.topics.contains(where: { $0.owner == service.name }) {
            var configuration = OutboxRelay.Configuration(
                redis: settings[.relayRedisURL] ?? redis,
                postgres: database
            )
            configuration.naming = naming
            services.append(
                OutboxRelay(owner: service.name, contract: contract, configuration: configuration, logger: logger)
            )
        }
        if let group = service.consumerGroup, workers > 0 {
            var configuration = WorkerPool.Configuration(redis: redis, postgres: database)
            configuration.naming = naming
            var pool = WorkerPool.Settings()
            pool.workers = workers
            pool.lease = try settings.require(.lease)
            pool.batchSize = try settings.require(.batchSize)
            services.append(
                try WorkerPool(
                    group: group,
                    contract: contract,
                    configuration: configuration,
                    settings: pool,
                    logger: logger
                )
            )
        }
        guard !services.isEmpty else {
            throw ValidationError(
                "nothing to run: \(service.name) has no topics of its own, and no workers were asked for"
            )
        }
        logger.info("working", metadata: ["service": "\(service.name)", "workers": .stringConvertible(workers)])
        try await ServiceGroup(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        ).run()
    }
}
