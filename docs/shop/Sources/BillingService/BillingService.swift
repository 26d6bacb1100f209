import Events
import Perch
import Postgres

/// Books each order once, however often its event comes: the event's id is the key.
struct BookRevenue: EventHandler {
    func handle(_ order: OrderPlaced, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        try tx.execute(
            "INSERT INTO revenue (event_id, cents) VALUES (\(delivery.id), \(order.cents)) ON CONFLICT DO NOTHING"
        )
    }
}

public enum BillingService {
    public static let migrations = [
        Migration(
            version: 1,
            name: "revenue",
            sql: "CREATE TABLE revenue (event_id uuid PRIMARY KEY, cents bigint NOT NULL)"
        )
    ]

    public static var group: ConsumerGroup {
        ConsumerGroup(
            name: "billing",
            subscriptions: [Subscription(topic: "orders", handlers: [BookRevenue()], isIdempotent: true)]
        )
    }
}
