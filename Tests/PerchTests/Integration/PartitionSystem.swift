import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Redis
import Synchronization

/// A shop that publishes and a group that ships, each with a database of its own: as a change of partitions finds them.
struct PartitionSystem {
    let redis: LocalRedis
    let shopURL: String
    let shippingURL: String
    let shop: Database
    let shipping: Database

    static func contract(_ partitions: Int) -> Contract {
        Contract(topics: [
            TopicContract(
                name: "orders",
                owner: "shop",
                key: "order",
                partitions: partitions,
                groups: ["shipping"],
                events: []
            )
        ])
    }

    /// The shop's side, by a contract of so many partitions.
    func publishing(_ partitions: Int) throws -> TestSystem {
        try TestSystem(contract: Self.contract(partitions), owner: "shop", redis: redis, databaseURL: shopURL)
    }

    /// The group's side.
    func consuming(_ partitions: Int) throws -> TestSystem {
        try TestSystem(contract: Self.contract(partitions), owner: "nobody", redis: redis, databaseURL: shippingURL)
    }

    static let group = ConsumerGroup(
        name: "shipping",
        subscriptions: [Subscription(topic: "orders", handlers: [WriteDown()], isIdempotent: true)],
        reset: { tx in try tx.execute("TRUNCATE effects") }
    )

    /// As operators reach it who have a contract of so many partitions.
    func operated(_ partitions: Int) throws -> OperatedSystem {
        let connections = SystemConnections(
            contract: Self.contract(partitions),
            redis: try RedisConfiguration(url: redis.url),
            databases: [
                "shop": try PostgresConfiguration(url: shopURL),
                "shipping": try PostgresConfiguration(url: shippingURL),
            ],
            patience: .seconds(3600)
        )
        return OperatedSystem(connections)
    }

    func changes(_ partitions: Int) throws -> PartitionChanges { PartitionChanges(try operated(partitions)) }

    static let name = "ann@test"

    /// A relay and workers while the body runs.
    func running(_ partitions: Int, workers: Int = 2, _ body: () async throws -> Void) async throws {
        var settings = WorkerPool.Settings()
        settings.workers = workers
        let relay = try publishing(partitions).relay(owner: "shop")
        let pool = try consuming(partitions).pool(Self.group, settings: settings)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await relay.run() }
            tasks.addTask { try await pool.run() }
            try await body()
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    }

    // MARK: Publishing

    static let keys = (0..<24).map { "order-\($0)" }
    /// A key whose partition is another one among 8 than among 4, and so among 6.
    static let movingKey =
        keys.first { key in
            Set([4, 6, 8].map { PartitionNumber(key: key, of: $0) }).count == 3
        } ?? ""

    func publish(_ counts: Range<Int>, keys: [String] = keys) async throws {
        for count in counts {
            try await shop.transaction { tx in
                for key in keys { try tx.publish(OrderCounted(order: key, count: count)) }
            }
        }
    }

    /// Publishers while the body runs, each with keys of its own.
    ///
    /// - Returns: How many events each key has got.
    func traffic(_ body: () async throws -> Void) async throws -> [String: Int] {
        let isOver = Flag()
        return try await withThrowingTaskGroup(of: [String: Int].self) { publishers in
            for lane in 0..<3 {
                publishers.addTask {
                    let keys = Self.keys.enumerated().filter { $0.offset % 3 == lane }.map(\.element)
                    var count = 0
                    while !isOver.isRaised {
                        try await publish(count..<count + 1, keys: keys)
                        count += 1
                    }
                    return Dictionary(uniqueKeysWithValues: keys.map { [count] in ($0, count) })
                }
            }
            do {
                try await body()
            } catch {
                isOver.raise()
                throw error
            }
            isOver.raise()
            return try await publishers.reduce(into: [:]) { $0.merge($1) { $1 } }
        }
    }

    private final class Flag: Sendable {
        private let raised = Atomic(false)
        var isRaised: Bool { raised.load(ordering: .acquiring) }
        func raise() { raised.store(true, ordering: .releasing) }
    }

    // MARK: Looking

    /// The counts of each key in the order in which they took effect: what is lost, doubled or overtaken shows.
    func effects() async throws -> [String: [Int]] {
        let rows = try await shipping.query("SELECT key, count FROM effects ORDER BY sequence") {
            (try $0.decode("key", as: String.self), try $0.decode("count", as: Int.self))
        }
        return Dictionary(grouping: rows, by: \.0).mapValues { $0.map(\.1) }
    }

    static func all(_ counts: [String: Int]) -> [String: [Int]] { counts.mapValues { Array(0..<$0) } }

    func effectCount() async throws -> Int { try await number("SELECT count(*) AS n FROM effects", shipping) }

    func number(_ sql: SQL, _ database: Database) async throws -> Int {
        try await database.query(sql) { try $0.decode("n", as: Int.self) }.first ?? 0
    }

    func isHeld() async throws -> Bool {
        try await number("SELECT count(*) AS n FROM perch.topics WHERE held_at IS NOT NULL", shop) > 0
    }

    func logged(ofKey key: String) async throws -> [Int] {
        try await shop.query(
            "SELECT partition FROM perch.log WHERE key = \(key) ORDER BY (data->>'count')::int"
        ) { Int(try $0.decode("partition", as: Int32.self)) }
    }
}

func withPartitionSystem(_ partitions: Int, _ body: (PartitionSystem) async throws -> Void) async throws {
    try await withLocalRedis { redis in
        let (shopURL, shippingURL) = (
            try LocalPostgres.shared().createDatabase(), try LocalPostgres.shared().createDatabase()
        )
        let system = PartitionSystem(
            redis: redis,
            shopURL: shopURL,
            shippingURL: shippingURL,
            shop: Database(try PostgresConfiguration(url: shopURL), size: 4),
            shipping: Database(try PostgresConfiguration(url: shippingURL), size: 2)
        )
        _ = try system.publishing(partitions)
        _ = try system.consuming(partitions)
        _ = try await system.shipping.execute(
            "CREATE TABLE effects (sequence bigint GENERATED ALWAYS AS IDENTITY, event_id uuid, key text, count bigint)"
        )
        try await body(system)
        await system.shop.close()
        await system.shipping.close()
    }
}
