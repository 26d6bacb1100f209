import Foundation
import LocalServers
import PerchTesting
import Postgres
import Testing

@testable import Perch

/// What the relay makes of rows of the outbox, and while it does not read them.
@Suite(.serialized) struct RelayedEntryTests {
    @Test func everyAttributeOfARowIsAFieldOfItsEntry() async throws {
        try await withOrders { system, database in
            let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            _ = try await database.execute(
                """
                INSERT INTO perch.outbox
                    (topic, partition, event_id, type, version, key, time, traceparent, data, is_checked) VALUES
                ('orders', 0, '0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f60', 'order_counted', 1, 'é 1',
                    '2026-11-24 19:55:03.0019Z', \(trace), '{"order": "é 1"}', true),
                ('orders', 0, '0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f61', 'order_counted', 12, 'b',
                    '1969-12-31 23:59:59.5Z', NULL, '{}', true),
                ('orders', 1, '0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f62', 'order_shut', 12, 'c',
                    '1969-12-31 23:59:59.999Z', NULL, '{"count":1}', true)
                """
            )
            let firsts = """
                specversion 1.0 id 0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f60 source shop type order_counted subject é 1 \
                time 2026-11-24T19:55:03.001Z dataschema order_counted/1 traceparent \(trace) data {"order": "é 1"} \
                specversion 1.0 id 0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f61 source shop type order_counted subject b \
                time 1969-12-31T23:59:59.500Z dataschema order_counted/12 data {}
                """
            let other = """
                specversion 1.0 id 0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f62 source shop type order_shut subject c \
                time 1969-12-31T23:59:59.999Z dataschema order_shut/12 data {"count":1}
                """
            try await running(system, workers: 1) {
                try await eventually("both streams have their entries") {
                    try system.redis.cli("XLEN", "orders:0") == "2" && system.redis.cli("XLEN", "orders:1") == "1"
                }
            }
            #expect(try fields(of: "orders:0", system.redis) == firsts)
            #expect(try fields(of: "orders:1", system.redis) == other)
        }
    }

    /// Names and values of all entries, without the ids.
    private func fields(of stream: String, _ redis: LocalRedis) throws -> String {
        try redis.cli("--raw", "XRANGE", stream, "-", "+").split(separator: "\n").map(String.init)
            .filter { EntryID($0) == nil }.joined(separator: " ")
    }

    @Test func aRelayThatDoesNotReadWhatItWasGivenKeepsNoPartitionLocked() async throws {
        try await withOrders { system, database in
            // More than the system takes between two processes.
            _ = try await database.execute(
                """
                INSERT INTO perch.outbox (topic, partition, type, key, data, is_checked)
                SELECT 'orders', 0, 'order_counted', 'a', json_build_object('text', repeat('x', 60000)), true
                FROM generate_series(1, 200)
                """
            )
            let store = RelayStore(
                connection: try PostgresConnection(system.postgres),
                naming: StreamNaming(),
                sources: ["orders": "shop"]
            )
            try store.assign(most: 1000, except: [])
            try await eventually("the positions are given, and the lock is free") {
                try await database.query(
                    """
                    SELECT last_position FROM perch.partitions WHERE topic = 'orders' AND partition = 0
                    FOR NO KEY UPDATE SKIP LOCKED
                    """
                ) { try $0.decode("last_position", as: Int64.self) } == [200]
            }
            let runs = try store.collect()
            #expect(runs.map(\.entries.count) == [200])
        }
    }
}
