import Events
import Perch
import Postgres

public enum ShopService {
    public static let migrations = [
        Migration(
            version: 1,
            name: "orders",
            sql: "CREATE TABLE orders (id text PRIMARY KEY, cents bigint NOT NULL)"
        )
    ]

    /// The order and its event commit together, or not at all.
    public static func place(_ order: OrderPlaced, in database: Database) async throws {
        try await database.transaction { tx in
            try tx.execute("INSERT INTO orders (id, cents) VALUES (\(order.orderID), \(order.cents))")
            try tx.publish(order)
        }
    }
}
