import Foundation
import LocalServers
import Perch
import PerchTesting
import Postgres

/// The topic `orders` with an event that is declared.
let declaredOrders = TopicContract(
    name: "orders",
    owner: "shop",
    key: "order",
    partitions: 4,
    groups: ["shipping"],
    events: [
        EventContract(
            type: "order_counted",
            versions: [
                EventVersion(
                    number: 1,
                    fields: [
                        Field(name: "order", type: .string, maxLength: 40),
                        Field(name: "count", type: .integer, minimum: 0, maximum: 1_000_000),
                        Field(name: "size", type: .string, allowed: ["small", "large"], isRequired: false),
                    ]
                )
            ]
        )
    ]
)

/// A row as another language inserts it.
struct SQLRow {
    var type = "order_counted"
    var version: Int32 = 1
    var key = "a"
    var data = #"{"order": "a", "count": 1}"#

    func insert(into database: Database) async throws {
        _ = try await database.execute(
            """
            INSERT INTO perch.outbox (topic, type, version, key, data)
            VALUES ('orders', \(type), \(version), \(key), \(JSON(text: data)))
            """
        )
    }
}

/// One key of each partition of four.
let keyOfEachPartition: [String] = (0..<4).map { number in
    (0...).lazy.map { "key-\($0)" }.first { PartitionNumber(key: $0, of: 4).rawValue == number } ?? ""
}

extension Database {
    func count(_ sql: SQL) async throws -> Int {
        try await query(sql) { try $0.decode(0, as: Int.self) }.first ?? 0
    }

    func texts(_ sql: SQL) async throws -> [String] {
        try await query(sql) { try $0.decode(0, as: String.self) }
    }

    /// Waits for the counts that have taken effect for a key.
    func eventuallyHandled(_ key: String, _ counts: [Int]) async throws {
        try await eventually("\(counts) of \(key) have taken effect") {
            try await query("SELECT count FROM effects WHERE key = \(key) ORDER BY sequence") {
                try $0.decode("count", as: Int.self)
            } == counts
        }
    }
}
