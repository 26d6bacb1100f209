import Foundation
import Logging
import Perch
import Postgres
import Redis
import ServiceLifecycle
import Testing
import UnixSignals

// What README.md shows, as it stands there, so that it is compiled. The test below compares the two.

struct OrderPlaced: Event {
    static let type: EventType = "order_placed"
    static let topic: TopicName = "orders"
    let orderID: String
    let cents: Int
    var version: Int { 1 }
    var key: String { orderID }
    enum CodingKeys: String, CodingKey { case orderID = "order_id", cents }
}

// In the service that owns the topic: the order and its event commit together, or not at all.
func place(_ order: OrderPlaced, in shop: Database) async throws {
    try await shop.transaction { tx in
        try tx.execute("INSERT INTO orders (id, cents) VALUES (\(order.orderID), \(order.cents))")
        try tx.publish(order)
    }
}

// In the service that reads it: in the transaction that also moves the checkpoint.
struct BookRevenue: EventHandler {
    func handle(_ order: OrderPlaced, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        try tx.execute("INSERT INTO revenue VALUES (\(delivery.id), \(order.cents)) ON CONFLICT DO NOTHING")
    }
}

func runBilling(
    contract: Contract,
    redis: RedisConfiguration,
    shop: PostgresConfiguration,
    billing: PostgresConfiguration,
    logger: Logger
) async throws {
    let group = ConsumerGroup(
        name: "billing",
        subscriptions: [Subscription(topic: "orders", handlers: [BookRevenue()])]
    )
    let relay = OutboxRelay(
        owner: "shop",
        contract: contract,
        configuration: .init(redis: redis, postgres: shop),
        logger: logger
    )
    let pool = try WorkerPool(
        group: group,
        contract: contract,
        configuration: .init(redis: redis, postgres: billing),
        logger: logger
    )
    try await ServiceGroup(services: [relay, pool], gracefulShutdownSignals: [.sigterm], logger: logger).run()
}

@Suite struct ReadmeTests {
    @Test func everyLineOfTheReadmesCodeIsCompiledHere() throws {
        let here = URL(fileURLWithPath: #filePath)
        let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        let compiled = withoutBlanks(try String(contentsOf: here, encoding: .utf8))
        let blocks = readme.components(separatedBy: "```swift\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        let paragraphs = blocks.flatMap { $0.components(separatedBy: "\n\n") }
        #expect(paragraphs.count > 3)
        for paragraph in paragraphs where !compiled.contains(withoutBlanks(paragraph)) {
            Issue.record("README.md shows what is not compiled here:\n\(paragraph)")
        }
    }

    /// The formatter breaks lines as it likes; it changes nothing else.
    private func withoutBlanks(_ text: String) -> String { text.filter { !$0.isWhitespace } }
}
