import Foundation
import LocalServers
import Logging
import Perch
import PerchTesting
import Postgres
import Redis
import Testing

/// The whole way of an event, on a real Redis and a real Postgres.
@Suite(.serialized) struct SpineTests {
    @Test func everyPublishedEventTakesEffectOnceAndInOrderOfItsKey() async throws {
        try await withOrders { system, database in
            let keys = (0..<40).map { "order-\($0)" }
            try await running(system, workers: 2) {
                for round in 0..<50 {
                    try await database.transaction { tx in
                        for key in keys { try tx.publish(OrderCounted(order: key, count: round)) }
                    }
                }
                try await eventually("all events took effect") {
                    try await database.query("SELECT count(*) AS n FROM effects") { try $0.decode("n", as: Int.self) }
                        == [2000]
                }
            }
            let doubled = try await database.query(
                "SELECT event_id FROM effects GROUP BY event_id HAVING count(*) > 1"
            ) { try $0.decode("event_id", as: UUID.self) }
            #expect(doubled.isEmpty)
            let counts = try await database.query("SELECT key, count FROM effects ORDER BY sequence") {
                (try $0.decode("key", as: String.self), try $0.decode("count", as: Int.self))
            }
            for key in keys { #expect(counts.filter { $0.0 == key }.map(\.1) == Array(0..<50)) }
        }
    }

    @Test func anEventOfARolledBackTransactionIsNeverPublished() async throws {
        try await withOrders { system, database in
            struct Refused: Error {}
            try await running(system, workers: 1) {
                await #expect(throws: Refused.self) {
                    try await database.transaction { tx in
                        try tx.publish(OrderCounted(order: "gone", count: 0))
                        throw Refused()
                    }
                }
                try await database.transaction { tx in try tx.publish(OrderCounted(order: "kept", count: 1)) }
                try await eventually("the committed event took effect") {
                    try await database.query("SELECT key FROM effects") { try $0.decode("key", as: String.self) } == [
                        "kept"
                    ]
                }
            }
        }
    }
}

/// An event for tests: counts up within its order.
struct OrderCounted: Event {
    static let type: EventType = "order_counted"
    static let topic: TopicName = "orders"
    let order: String
    let count: Int
    var version: Int { 1 }
    var key: String { order }
}

/// Writes each event down, without a unique key: what is doubled must show.
struct WriteDown: EventHandler {
    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        try tx.execute(
            "INSERT INTO effects (event_id, key, count) VALUES (\(delivery.id), \(event.order), \(event.count))"
        )
    }
}

let orders = TopicContract(
    name: "orders",
    owner: "shop",
    key: "order",
    partitions: 4,
    groups: ["shipping"],
    events: []
)

func withOrders(
    _ topic: TopicContract = orders,
    _ body: (TestSystem, Database) async throws -> Void
) async throws {
    try await withLocalRedis { redis in
        let url = try LocalPostgres.shared().createDatabase()
        let system = try TestSystem(contract: Contract(topics: [topic]), owner: "shop", redis: redis, databaseURL: url)
        let database = Database(try system.postgres, size: 2, acquireTimeout: .seconds(3600))
        _ = try await database.execute(
            "CREATE TABLE effects (sequence bigint GENERATED ALWAYS AS IDENTITY, event_id uuid, key text, count bigint)"
        )
        try await body(system, database)
        await database.close()
    }
}

/// Runs a relay and a pool of the group `shipping` while the body runs, then shuts both down gracefully.
func running(
    _ system: TestSystem,
    workers: Int,
    handlers: [any EventHandler] = [WriteDown()],
    retryPolicy: RetryPolicy = RetryPolicy(),
    _ body: () async throws -> Void
) async throws {
    var settings = WorkerPool.Settings()
    settings.workers = workers
    let subscription = Subscription(topic: "orders", handlers: handlers, retryPolicy: retryPolicy)
    try await running(system, subscription, settings, body)
}

/// The same with this subscription.
func running(
    _ system: TestSystem,
    _ subscription: Subscription,
    _ settings: WorkerPool.Settings = .init(),
    _ body: () async throws -> Void
) async throws {
    let group = ConsumerGroup(name: "shipping", subscriptions: [subscription])
    let relay = try system.relay(owner: "shop")
    let pool = try system.pool(group, settings: settings)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await relay.run() }
        tasks.addTask { try await pool.run() }
        try await body()
        tasks.cancelAll()
        try await tasks.waitForAll()
    }
}
