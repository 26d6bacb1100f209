import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Testing

/// Events that other languages put into the outbox by an INSERT, and that no handler can read.
@Suite(.serialized) struct HostileEventTests {
    private struct Hostile {
        let type: String
        let version: Int
        let data: String
    }

    private func insert(_ event: Hostile, into database: Database) async throws {
        _ = try await database.execute(
            """
            INSERT INTO perch.outbox (topic, type, version, key, data)
            VALUES ('orders', \(event.type), \(Int32(event.version)), 'order-1', \(JSON(text: event.data)))
            """
        )
    }

    @Test(arguments: [true, false])
    func whatCannotBeDecodedIsADeadLetterWithItsBytesAndHoldsItsKeyIfTheSubscriptionSaysSo(holds: Bool) async throws {
        try await withOrders { system, database in
            var policy = RetryPolicy()
            policy.deadLettersHoldTheirKey = holds
            try await running(system, workers: 1, retryPolicy: policy) {
                try await insert(Hostile(type: "order_counted", version: 1, data: #"{"order": 7}"#), into: database)
                try await insert(Hostile(type: "nobody_knows", version: 1, data: "{}"), into: database)
                try await insert(
                    Hostile(type: "order_counted", version: 9, data: #"{"order": "order-1", "count": 1, "new": [1]}"#),
                    into: database
                )
                try await database.transaction { tx in try tx.publish(OrderCounted(order: "order-1", count: 2)) }
                if holds {
                    try await eventually("what follows is held") {
                        try await database.query("SELECT state FROM perch.failed_events ORDER BY position") {
                            try $0.decode("state", as: String.self)
                        } == ["dead", "held", "held", "held"]
                    }
                    let failed = FailedEvents(database, of: "shipping")
                    let id = try #require(try await failed.list(filter: .init()).first?.id)
                    try await failed.discard(id: id, reason: "never was an order", by: "test")
                }
                try await eventually("what follows is handled") {
                    try await database.query("SELECT count FROM effects ORDER BY sequence") {
                        try $0.decode("count", as: Int.self)
                    } == [1, 2]
                }
            }
            if holds {
                let details = try await database.query("SELECT details::text AS d FROM perch.operations") {
                    try $0.decode("d", as: String.self)
                }
                #expect(details.first?.contains("never was an order") == true)
                return
            }
            let dead = try await database.query("SELECT payload, error FROM perch.failed_events WHERE state = 'dead'") {
                (
                    String(decoding: try $0.decode("payload", as: [UInt8].self), as: UTF8.self),
                    try $0.decode("error", as: String.self)
                )
            }
            #expect(dead.map(\.0) == [#"{"order": 7}"#])
            #expect(dead.first?.1.contains("order") == true, "the reason names the field")
        }
    }

    @Test(arguments: [
        (#"{"a": "\u0000"}"#, "outbox_data_has_no_nul"), ("[1]", "outbox_data_object"),
        ("{\"a\": \"\(String(repeating: "x", count: 70_000))\"}", "outbox_data_size"),
    ])
    func theOutboxRefusesWhatNoConsumerCouldRead(data: String, constraint: String) async throws {
        try await withOrders { _, database in
            let refusal = await #expect(throws: PostgresError.self) {
                try await insert(Hostile(type: "order_counted", version: 1, data: data), into: database)
            }
            #expect(refusal?.constraint == constraint)
        }
    }

    @Test func theDatabasePlacesAKeyWhereSwiftDoes() async throws {
        try await withOrders { _, database in
            let keys = (0..<50).map { "key-\($0)-ä" }
            for key in keys {
                _ = try await database.execute(
                    "INSERT INTO perch.outbox (topic, type, key, data) VALUES ('orders', 'x', \(key), '{}')"
                )
            }
            let places = try await database.query("SELECT key, partition FROM perch.outbox ORDER BY sequence") {
                (try $0.decode("key", as: String.self), try $0.decode("partition", as: Int.self))
            }
            #expect(places.map(\.0).sorted() == keys.sorted())
            for (key, partition) in places { #expect(PartitionNumber(key: key, of: 4).rawValue == partition) }
            await #expect(throws: PostgresError.self) {
                try await database.execute(
                    "INSERT INTO perch.outbox (topic, type, key, data) VALUES ('none', 'x', 'k', '{}')"
                )
            }
        }
    }
}
