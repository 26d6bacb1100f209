import Events
import Foundation
import Logging
import Perch
import Postgres
import Redis
import ServiceLifecycle
import ShopService

let settings = ProcessInfo.processInfo.environment
guard let redis = settings["REDIS_URL"], let database = settings["SHOP_DATABASE_URL"] else {
    print("set REDIS_URL and SHOP_DATABASE_URL: source servers.env")
    exit(64)
}
let contract = try Contract.load()
let postgres = try PostgresConfiguration(url: database)
try ServiceDatabase.prepare(
    PostgresConnection(postgres),
    owner: "shop",
    contract: contract,
    migrations: ShopService.migrations
)

// `shop 3 a` places the orders a-1, a-2 and a-3; `shop` alone runs the relay, until SIGTERM.
if let count = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }), let name = CommandLine.arguments.last {
    let orders = Database(postgres, contract: contract)
    for number in 1...max(1, count) {
        try await ShopService.place(OrderPlaced(orderID: "\(name)-\(number)", cents: 500), in: orders)
    }
    await orders.close()
} else {
    let logger = Logger(label: "shop")
    let relay = OutboxRelay(
        owner: "shop",
        contract: contract,
        configuration: .init(redis: try RedisConfiguration(url: redis), postgres: postgres),
        logger: logger
    )
    try await ServiceGroup(services: [relay], stoppingWithin: .seconds(40), logger: logger).run()
}
