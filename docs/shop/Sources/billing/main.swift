import BillingService
import Foundation
import Logging
import Perch
import Postgres
import Redis
import ServiceLifecycle

let settings = ProcessInfo.processInfo.environment
guard let redis = settings["REDIS_URL"], let database = settings["BILLING_DATABASE_URL"] else {
    print("set REDIS_URL and BILLING_DATABASE_URL: source servers.env")
    exit(64)
}
let contract = try Contract.load()
let postgres = try PostgresConfiguration(url: database)
try ServiceDatabase.prepare(
    PostgresConnection(postgres),
    owner: "billing",
    contract: contract,
    migrations: BillingService.migrations
)
let logger = Logger(label: "billing")
let workers = try WorkerPool(
    group: BillingService.group,
    contract: contract,
    configuration: .init(redis: try RedisConfiguration(url: redis), postgres: postgres),
    logger: logger
)
try await ServiceGroup(services: [workers], stoppingWithin: .seconds(40), logger: logger).run()
