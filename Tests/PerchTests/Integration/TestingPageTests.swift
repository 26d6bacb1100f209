import Foundation
import LocalServers
import Perch
import PerchTesting
import Postgres
import Testing

// What docs/testing.md shows, as it stands there, so that it is compiled and run. The last test compares the two.

private let contractOfOrders = """
    owner: shop
    key: order_id
    partitions: 4
    retention: forever
    archive: forever
    groups: [billing]
    events:
      order_placed:
        versions:
          1:
            fields:
              order_id: {type: string}
              cents: {type: integer, minimum: 1}
    """

private struct OrderPlaced: Event {
    static let type: EventType = "order_placed"
    static let topic: TopicName = "orders"
    let orderID: String
    let cents: Int
    var version: Int { 1 }
    var key: String { orderID }
    enum CodingKeys: String, CodingKey { case orderID = "order_id", cents }
}

private struct BookRevenue: EventHandler {
    func handle(_ order: OrderPlaced, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        try tx.execute("INSERT INTO revenue VALUES (\(delivery.id), \(order.cents)) ON CONFLICT DO NOTHING")
    }
}

private let billing = ConsumerGroup(
    name: "billing",
    subscriptions: [Subscription(topic: "orders", handlers: [BookRevenue()])]
)

private let tablesOfBilling = Migration(
    version: 1,
    name: "revenue",
    sql: "CREATE TABLE revenue (id uuid PRIMARY KEY, cents bigint)"
)
private let shopService = TestService("shop")
private let billingService = TestService("billing", migrations: [tablesOfBilling], groups: [billing])

private let tableOfClosings = Migration(version: 1, name: "closings", sql: "CREATE TABLE closings (tick timestamptz)")

@Suite struct TestingPageTests {
    @Test func theHandlerIsIdempotentHoweverItsEventsCome() async throws {
        let contract = try Contract.load(texts: ["orders": contractOfOrders])
        try await assertIdempotent(
            billingService,
            OrderPlaced(orderID: "order-1", cents: 500),
            OrderPlaced(orderID: "order-2", cents: 700),
            contract: contract
        )
    }

    @Test func whatIsPublishedInAWholeSystemIsBookedOnceItIsSettled() async throws {
        let contract = try Contract.load(texts: ["orders": contractOfOrders])
        try await withPerch(contract: contract, services: [shopService, billingService]) { system in
            try await system.publish(OrderPlaced(orderID: "order-1", cents: 500))
            try await system.settle()
            let cents = try await system["billing"].query("SELECT cents FROM revenue") {
                try $0.decode(0, as: Int.self)
            }
            #expect(cents == [500])
            #expect(try await system.published(OrderPlaced.self).count == 1)
        }
    }

    @Test func whatIsDueInTheTimeThatATestMovesIsDone() async throws {
        let contract = try Contract.load(texts: ["orders": contractOfOrders])
        let closing = try Schedule("closing", .every(.seconds(86_400))) { tick, tx in
            try tx.execute("INSERT INTO closings VALUES (\(tick.time))")
        }
        let shop = TestService("shop", migrations: [tableOfClosings], schedules: [closing])
        let evening = try #require(Timestamp("2026-03-28T20:00:00.000Z"))
        try await withPerch(contract: contract, services: [shop, billingService], beginning: evening) { system in
            try await system["shop"].transaction { tx in
                _ = try tx.publish(OrderPlaced(orderID: "order-1", cents: 500), notBefore: .now + .seconds(86_400))
            }
            try await system.advance(by: .seconds(2 * 86_400))
            try await system.settle()
            let closings = try await system["shop"].query("SELECT count(*) FROM closings") {
                try $0.decode(0, as: Int.self)
            }
            #expect(closings == [2])
            #expect(try await system.published(OrderPlaced.self).count == 1)
        }
    }

    @Test func anOrderIsBookedOnceHoweverOftenItComes() throws {
        let contract = try Contract.load(texts: ["orders": contractOfOrders])
        let url = try LocalPostgres.shared().createDatabase()
        let connection = try PostgresConnection(PostgresConfiguration(url: url))
        try ServiceDatabase.prepare(connection, owner: "billing", contract: contract)
        try connection.execute("CREATE TABLE revenue (id uuid PRIMARY KEY, cents bigint)")

        var streams = TestStreams(contract: contract)
        let order = try streams.append(OrderPlaced(orderID: "order-1", cents: 500))
        streams.appendAgain(order)
        try streams.append(OrderPlaced(orderID: "order-2", cents: 700))
        let harness = HandlerHarness(group: billing, connection: connection)
        var generator = SystemRandomNumberGenerator()
        try harness.deliverAll(streams.deliveries, roundsOfUpTo: 10, using: &generator)

        let cents = try connection.query("SELECT cents FROM revenue ORDER BY cents") { try $0.decode(0, as: Int.self) }
        #expect(cents == [500, 700])
    }

    @Test func whatTheShopPublishesBillingBooks() async throws {
        let contract = try Contract.load(texts: ["orders": contractOfOrders])
        try await withLocalServers { redis, postgres in
            let (shopURL, billingURL) = (try postgres.createDatabase(), try postgres.createDatabase())
            let shop = try TestSystem(contract: contract, owner: "shop", redis: redis, databaseURL: shopURL)
            // Of no topic: it publishes nothing.
            let booking = try TestSystem(contract: contract, owner: "billing", redis: redis, databaseURL: billingURL)
            let orders = Database(try shop.postgres, contract: contract)
            let books = Database(try booking.postgres)
            try await books.execute("CREATE TABLE revenue (id uuid PRIMARY KEY, cents bigint)")

            let relay = try shop.relay(owner: "shop")
            let pool = try booking.pool(billing)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await relay.run() }
                tasks.addTask { try await pool.run() }
                try await orders.transaction { tx in try tx.publish(OrderPlaced(orderID: "order-1", cents: 500)) }
                try await eventually("it is booked") {
                    try await books.query("SELECT cents FROM revenue") { try $0.decode(0, as: Int.self) } == [500]
                }
                tasks.cancelAll()
                try await tasks.waitForAll()
            }
            await orders.close()
            await books.close()
        }
    }

    @Test func everyLineOfThePagesCodeIsCompiledHere() throws {
        let here = URL(fileURLWithPath: #filePath)
        let root = (0..<4).reduce(here) { url, _ in url.deletingLastPathComponent() }
        let page = try String(contentsOf: root.appendingPathComponent("docs/testing.md"), encoding: .utf8)
        let compiled = try String(contentsOf: here, encoding: .utf8).filter { !$0.isWhitespace }
        let blocks = page.components(separatedBy: "```swift\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        let paragraphs = blocks.flatMap { $0.components(separatedBy: "\n\n") }
        #expect(paragraphs.count > 4)
        for paragraph in paragraphs where !compiled.contains(paragraph.filter { !$0.isWhitespace }) {
            Issue.record("docs/testing.md shows what is not compiled here:\n\(paragraph)")
        }
    }
}
