import Foundation
import LocalServers
import Perch
import PerchTesting
import Postgres
import Testing

/// Rows of the outbox that no reader takes, or that are not as the contract says, get no position.
@Suite(.serialized) struct RefusedRowTests {
    private static let rows: [(row: SQLRow, reason: String)] = [
        (SQLRow(data: #"{"order": "a", "count": 1, "count": 2}"#), "second time"),
        (SQLRow(data: #"{"order": "a", "count": 1, "x": "\ud800"}"#), "surrogate"),
        (SQLRow(data: #"{"order": "a", "count": 1, "x": 1e99999}"#), "number"),
        (SQLRow(data: #"{"order": "a", "count": 1, "x": \#(nested(40))}"#), "nested"),
        (SQLRow(data: #"{"order": "a", "count": 1, "x": \#(nested(3000))}"#), "nested"),
        (SQLRow(data: #"{"order": "a", "count": -1}"#), "0 or more"),
        (SQLRow(data: #"{"order": "a", "count": 1, "size": "huge"}"#), "small, large"),
        (SQLRow(data: #"{"order": "a"}"#), "count"),
        (SQLRow(data: #"{"order": "another", "count": 1}"#), "the event's key"),
        (SQLRow(version: 7), "version 7"),
        (SQLRow(type: "order_cuonted"), "order_counted"),
    ]

    private static func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }

    @Test func whatNoReaderTakesIsRefusedWithItsReasonAndAllElseGoesOn() async throws {
        try await withOrders(declaredOrders) { system, database in
            try await running(system, workers: 1) {
                try await SQLRow(data: #"{"order": "a", "count": 0}"#).insert(into: database)
                for (row, _) in Self.rows { try await row.insert(into: database) }
                // Of the same key, of every partition; by SQL and by tx.publish.
                try await SQLRow(data: #"{"order": "a", "count": 2}"#).insert(into: database)
                try await database.transaction { tx in
                    for key in ["a"] + keyOfEachPartition { try tx.publish(OrderCounted(order: key, count: 3)) }
                }
                try await database.eventuallyHandled("a", [0, 2, 3])
                for key in keyOfEachPartition { try await database.eventuallyHandled(key, [3]) }
            }
            let reasons = try await database.texts("SELECT reason FROM perch.refused_events ORDER BY sequence")
            try #require(reasons.count == Self.rows.count)
            for (reason, expected) in zip(reasons, Self.rows.map(\.reason)) {
                #expect(reason.contains(expected), "\(reason)")
            }
            #expect(try await database.count("SELECT count(*) FROM perch.foreign_entries") == 0)
            #expect(try await database.count("SELECT count(*) FROM perch.outbox") == 0)
        }
    }

    /// What it costs nothing to see is refused at once.
    @Test(
        arguments: [
            ("outbox_type_size", "'orders', NULL, repeat('x', 246), 1, 'a', now(), '{}'"),
            ("outbox_time_range", "'orders', NULL, 'order_counted', 1, 'a', 'infinity', '{}'"),
            ("outbox_time_range", "'orders', NULL, 'order_counted', 1, 'a', '-infinity', '{}'"),
            ("outbox_time_range", "'orders', NULL, 'order_counted', 1, 'a', '294276-01-01', '{}'"),
            ("outbox_time_range", "'orders', NULL, 'order_counted', 1, 'a', '10000-01-01 00:00Z', '{}'"),
            ("outbox_time_range", "'orders', NULL, 'order_counted', 1, 'a', '4713-01-01 BC', '{}'"),
            ("outbox_data_has_no_nul", #"'orders', NULL, 'order_counted', 1, 'a', now(), '{"x": "\\\u0000"}'"#),
            (nil, "'orders', 99, 'order_counted', 1, 'a', now(), '{}'"),
            (nil, "'orders', -1, 'order_counted', 1, 'a', now(), '{}'"),
            (nil, "'orders', 4, 'order_counted', 1, 'a', now(), '{}'"),
            (nil, "'none', 0, 'order_counted', 1, 'a', now(), '{}'"),
        ] as [(String?, String)]
    )
    func theOutboxRefusesWhatItCanSee(constraint: String?, values: String) async throws {
        try await withOrders(declaredOrders) { system, database in
            let connection = try PostgresConnection(system.postgres)
            let refusal = #expect(throws: PostgresError.self) {
                try connection.executeScript(
                    "INSERT INTO perch.outbox (topic, partition, type, version, key, time, data) VALUES (\(values))"
                )
            }
            #expect(refusal?.constraint == constraint)
            if constraint == nil { #expect(refusal?.sqlState == SQLState(rawValue: "23503")) }
        }
    }

    @Test func theSixLettersOfANULAreNoNUL() async throws {
        try await withOrders(declaredOrders) { system, database in
            try await running(system, workers: 1) {
                try await SQLRow(data: #"{"order": "a", "count": 1, "x": "\\u0000 \\\\u0000"}"#).insert(into: database)
                try await database.eventuallyHandled("a", [1])
            }
        }
    }

    @Test func rowsFromBeforeTheDoorAreRefusedTooAndAllElseGoesOn() async throws {
        try await withOrders(declaredOrders) { system, database in
            let connection = try PostgresConnection(system.postgres)
            // As they lay there when the constraints came.
            try connection.executeScript(
                """
                ALTER TABLE perch.outbox DISABLE TRIGGER place_in_partition;
                ALTER TABLE perch.outbox DROP CONSTRAINT outbox_time_range, DROP CONSTRAINT outbox_type_size;
                INSERT INTO perch.outbox (topic, partition, type, key, time, data) VALUES
                ('orders', 0, 'order_counted', 'a', 'infinity', '{"order": "a", "count": 1}'),
                ('orders', 1, 'order_counted', 'a', '-infinity', '{"order": "a", "count": 1}'),
                ('orders', 2, 'order_counted', 'a', '294276-01-01', '{"order": "a", "count": 1}'),
                ('orders', 3, repeat('x', 300), 'a', now(), '{"order": "a", "count": 1}'),
                ('orders', 99, 'order_counted', 'a', now(), '{"order": "a", "count": 1}'),
                ('orders', -1, 'order_counted', 'a', now(), '{"order": "a", "count": 1}'),
                ('nobodys', 0, 'order_counted', 'a', now(), '{"order": "a", "count": 1}');
                ALTER TABLE perch.outbox ENABLE TRIGGER place_in_partition;
                """
            )
            try await database.transaction { tx in
                for key in keyOfEachPartition { try tx.publish(OrderCounted(order: key, count: 3)) }
            }
            try await running(system, workers: 1) {
                for key in keyOfEachPartition { try await database.eventuallyHandled(key, [3]) }
                try await eventually("all are refused") {
                    try await database.count("SELECT count(*) FROM perch.refused_events") == 7
                }
            }
        }
    }

    @Test func aRowThatWasPublishedBySwiftIsNotLookedAtAgain() async throws {
        try await withOrders(declaredOrders) { system, database in
            let checking = Database(try system.postgres, contract: system.contract, size: 1)
            try await checking.transaction { tx in
                try tx.publish(OrderCounted(order: "a", count: 1))
                try tx.publish([OrderCounted(order: "b", count: 1), OrderCounted(order: "c", count: 1)])
            }
            #expect(try await database.count("SELECT count(*) FROM perch.outbox WHERE is_checked") == 3)
            // Without a contract nobody has looked.
            try await database.transaction { tx in try tx.publish(OrderCounted(order: "d", count: 1)) }
            #expect(try await database.count("SELECT count(*) FROM perch.outbox WHERE NOT is_checked") == 1)
            await checking.close()
        }
    }

    @Test func swiftCannotPublishWhatNoReaderTakes() async throws {
        try await withOrders(declaredOrders) { system, _ in
            let checking = Database(try system.postgres, contract: system.contract, size: 1)
            await #expect(throws: UndeclaredEvent.self) {
                try await checking.transaction { tx in try tx.publish(DeepOrder(depth: 40)) }
            }
            await #expect(throws: UndeclaredEvent.self) {
                try await checking.transaction { tx in try tx.publish([DeepOrder(depth: 40)]) }
            }
            await checking.close()
        }
    }

    @Test func oneRowThatJSONBCannotHoldLeavesThePublishedReadable() async throws {
        try await withOrders(declaredOrders) { _, database in
            _ = try await database.execute(
                """
                INSERT INTO perch.log (topic, partition, position, milliseconds, event_id, type, version, key, time, data)
                VALUES ('orders', 0, 1, 1, gen_random_uuid(), 'x', 1, 'a', now(), '{"x": "\\ud800"}'),
                    ('orders', 0, 2, 1, gen_random_uuid(), 'x', 1, 'a', now(), '{"x": "\\u00e9"}'),
                    -- To readers doubles; numeric has no room for so many digits.
                    ('orders', 0, 3, 1, gen_random_uuid(), 'x', 1, 'a', now(), '{"x": 0e-20000}'),
                    ('orders', 0, 4, 1, gen_random_uuid(), 'x', 1, 'a', now(),
                        ('{"x": 0.5' || repeat('0', 17000) || '}')::json)
                """
            )
            let texts = try await database.texts("SELECT data::text FROM perch.published ORDER BY position")
            #expect(texts.prefix(2) == [#""{\"x\": \"\\ud800\"}""#, #"{"x": "é"}"#])
            #expect(texts.count == 4)
        }
    }
}

private struct DeepOrder: Event {
    static let type: EventType = "order_counted"
    static let topic: TopicName = "orders"
    let depth: Int
    var version: Int { 1 }
    var key: String { "a" }

    init(depth: Int) { self.depth = depth }

    init(from decoder: any Decoder) throws { depth = 0 }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for _ in 0..<depth { container = container.nestedContainer(keyedBy: Key.self, forKey: Key.x) }
    }

    private enum Key: CodingKey { case x }
}
