import Perch
import PerchTesting
import Postgres
import Synchronization

/// Two services for the tests of the kit: shop takes orders, billing books them and answers each with an invoice.
enum KitShop {
    static func contract() throws -> Contract {
        try Contract.load(texts: ["orders": orders, "invoices": invoices])
    }

    private static let orders = """
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

    private static let invoices = """
        owner: billing
        key: order_id
        partitions: 2
        retention: forever
        archive: forever
        groups: [shop]
        events:
          invoice_sent:
            versions:
              1:
                fields:
                  order_id: {type: string}
        """

    static let tablesOfShop = Migration(
        version: 1,
        name: "invoiced",
        sql: "CREATE TABLE invoiced (order_id text PRIMARY KEY)"
    )
    static let tablesOfBilling = Migration(
        version: 1,
        name: "revenue",
        sql: "CREATE TABLE revenue (event_id uuid PRIMARY KEY, order_id text NOT NULL, cents bigint NOT NULL)"
    )

    static var shop: TestService {
        let invoices = Subscription(topic: "invoices", handlers: [NoteInvoice()], isIdempotent: true)
        return TestService(
            "shop",
            migrations: [tablesOfShop],
            groups: [ConsumerGroup(name: "shop", subscriptions: [invoices])]
        )
    }

    static var billing: TestService { billing(handling: BookOrder()) }

    static func billing(
        handling handler: any EventHandler,
        retryPolicy: RetryPolicy = RetryPolicy(),
        migrations: [Migration] = [tablesOfBilling]
    ) -> TestService {
        let orders = Subscription(
            topic: "orders",
            handlers: [handler],
            isIdempotent: true,
            retryPolicy: retryPolicy
        )
        return TestService(
            "billing",
            migrations: migrations,
            groups: [ConsumerGroup(name: "billing", subscriptions: [orders])]
        )
    }
}

struct KitOrder: Event {
    static let type: EventType = "order_placed"
    static let topic: TopicName = "orders"
    let orderID: String
    let cents: Int
    var version: Int { 1 }
    var key: String { orderID }
    enum CodingKeys: String, CodingKey { case orderID = "order_id", cents }

    init(_ orderID: String, cents: Int) { (self.orderID, self.cents) = (orderID, cents) }
}

struct KitInvoice: Event, Hashable {
    static let type: EventType = "invoice_sent"
    static let topic: TopicName = "invoices"
    let orderID: String
    var version: Int { 1 }
    var key: String { orderID }
    enum CodingKeys: String, CodingKey { case orderID = "order_id" }
}

/// Books an order once, and publishes its invoice once.
struct BookOrder: EventHandler {
    func handle(_ order: KitOrder, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        let booked = try tx.affectedRows(
            """
            INSERT INTO revenue (event_id, order_id, cents) VALUES (\(delivery.id), \(order.orderID), \(order.cents))
            ON CONFLICT DO NOTHING
            """
        )
        if booked == 1 { try tx.publish(KitInvoice(orderID: order.orderID)) }
    }
}

struct NoteInvoice: EventHandler {
    func handle(_ invoice: KitInvoice, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        try tx.execute("INSERT INTO invoiced (order_id) VALUES (\(invoice.orderID)) ON CONFLICT DO NOTHING")
    }
}

/// Does what a test says.
struct ScriptedHandler: EventHandler {
    private let body: @Sendable (KitOrder, Delivery, borrowing Transaction) throws -> Void

    init(_ body: @escaping @Sendable (KitOrder, Delivery, borrowing Transaction) throws -> Void) { self.body = body }

    func handle(_ order: KitOrder, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        try body(order, delivery, tx)
    }
}

/// Counts from 1.
final class Count: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    @discardableResult
    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
