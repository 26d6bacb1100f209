extension NewPackage {
    var event: String {
        """
        import Perch

        /// An order that was placed.
        public struct OrderPlaced: Event {
            public static let type: EventType = "order_placed"
            public static let topic: TopicName = "orders"
            public let orderID: String
            public let cents: Int
            public var version: Int { 1 }
            /// Events of one key are handled in their order.
            public var key: String { orderID }
            enum CodingKeys: String, CodingKey { case orderID = "order_id", cents }

            public init(orderID: String, cents: Int) {
                self.orderID = orderID
                self.cents = cents
            }
        }

        """
    }

    var handler: String {
        #"""
        import Perch
        import Postgres

        /// Books each order once, however often its event comes: its id is the key.
        struct BookRevenue: EventHandler {
            func handle(_ order: OrderPlaced, _ delivery: Delivery, in tx: borrowing Transaction) throws {
                try tx.execute(
                    "INSERT INTO revenue (event_id, cents) VALUES (\(delivery.id), \(order.cents)) ON CONFLICT DO NOTHING"
                )
            }
        }

        """#
    }

    var service: String {
        #"""
        import Logging
        import Perch
        import Postgres
        import Redis
        import ServiceLifecycle

        public enum Service {
            /// Versions count from 1. One that has run is never changed; add the next.
            public static let migrations = [
                Migration(
                    version: 1,
                    name: "orders and revenue",
                    sql: """
                        CREATE TABLE orders (id text PRIMARY KEY, cents bigint NOT NULL);
                        CREATE TABLE revenue (event_id uuid PRIMARY KEY, cents bigint NOT NULL);
                        """
                )
            ]

            /// What it does with which topic.
            public static var group: ConsumerGroup {
                ConsumerGroup(
                    name: "NAME",
                    subscriptions: [Subscription(topic: "orders", handlers: [BookRevenue()], isIdempotent: true)]
                )
            }

            /// Makes the database ready; again it changes nothing.
            public static func prepare(_ postgres: PostgresConfiguration, contract: Contract) throws {
                try ServiceDatabase.prepare(
                    PostgresConnection(postgres),
                    owner: "NAME",
                    contract: contract,
                    migrations: migrations
                )
            }

            /// The order and its event commit together, or not at all.
            public static func place(_ order: OrderPlaced, in database: Database) async throws {
                try await database.transaction { tx in
                    try tx.execute("INSERT INTO orders (id, cents) VALUES (\(order.orderID), \(order.cents))")
                    try tx.publish(order)
                }
            }

            /// Relay and workers, until SIGTERM or Ctrl-C.
            public static func run(
                redis: RedisConfiguration,
                postgres: PostgresConfiguration,
                contract: Contract,
                logger: Logger
            ) async throws {
                let relay = OutboxRelay(
                    owner: "NAME",
                    contract: contract,
                    configuration: .init(redis: redis, postgres: postgres),
                    logger: logger
                )
                let pool = try WorkerPool(
                    group: group,
                    contract: contract,
                    configuration: .init(redis: redis, postgres: postgres),
                    logger: logger
                )
                // The process ends within this time after SIGTERM, whatever a handler does.
                let services = ServiceGroup(services: [relay, pool], stoppingWithin: .seconds(40), logger: logger)
                try await services.run()
            }
        }

        """#.replacing("NAME", with: name)
    }

    var program: String {
        #"""
        import Foundation
        import Logging
        import Perch
        import Postgres
        import Redis
        import Service

        let environment = ProcessInfo.processInfo.environment
        guard let database = environment["DATABASE_VARIABLE"] else {
            print("set DATABASE_VARIABLE to the URL of the service's database")
            exit(64)
        }
        let postgres = try PostgresConfiguration(url: database)
        let redis = try RedisConfiguration(url: environment["REDIS_URL"] ?? "redis://127.0.0.1:6379")
        let contract = try Contract.load()
        try Service.prepare(postgres, contract: contract)
        try await Service.run(redis: redis, postgres: postgres, contract: contract, logger: Logger(label: "NAME"))

        """#.replacing("NAME", with: name).replacing("DATABASE_VARIABLE", with: databaseVariable)
    }

    var dev: String {
        #"""
        import LocalServers
        import Logging
        import Perch
        import Postgres
        import Redis
        import Service

        try await withLocalServers { redis, postgres in
            let url = try postgres.createDatabase()
            let configuration = try PostgresConfiguration(url: url)
            let contract = try Contract.load()
            try Service.prepare(configuration, contract: contract)
            print("REDIS_URL=\(redis.url) DATABASE_VARIABLE=\(url)")
            let database = Database(configuration, contract: contract)
            let customer = Task {
                for number in 1... {
                    try await Service.place(OrderPlaced(orderID: "order-\(number)", cents: 500), in: database)
                    let booked = try await database.query("SELECT count(*) FROM revenue") { try $0.decode(0, as: Int.self) }
                    print("placed \(number), booked \(booked.first ?? 0)")
                    try await Task.sleep(for: .seconds(1))
                }
            }
            let address = try RedisConfiguration(url: redis.url)
            let logger = Logger(label: "NAME")
            try await Service.run(redis: address, postgres: configuration, contract: contract, logger: logger)
            customer.cancel()
            await database.close()
        }

        """#.replacing("NAME", with: name).replacing("DATABASE_VARIABLE", with: databaseVariable)
    }

    var tests: String {
        #"""
        import Perch
        import PerchTesting
        import Postgres
        import Testing

        @testable import Service

        private let service = TestService("NAME", migrations: Service.migrations, groups: [Service.group])

        @Suite struct ServiceTests {
            /// After a crash at any moment, as a second entry, in a replay, in another order of keys.
            @Test func anOrderIsBookedOnceHoweverItIsDelivered() async throws {
                let orders = [OrderPlaced(orderID: "order-1", cents: 500), OrderPlaced(orderID: "order-2", cents: 700)]
                try await assertIdempotent(service, orders, contract: Contract.load())
            }

            @Test func anOrderThatWasPlacedIsBooked() async throws {
                try await withPerch(contract: Contract.load(), services: [service]) { system in
                    try await Service.place(OrderPlaced(orderID: "order-1", cents: 500), in: system["NAME"])
                    try await system.settle()
                    let booked = try await system["NAME"].query("SELECT cents FROM revenue") { row in
                        try row.decode(0, as: Int.self)
                    }
                    #expect(booked == [500])
                }
            }
        }

        """#.replacing("NAME", with: name)
    }
}
