import Foundation
import LocalServers
import Perch
import PerchTesting
import Postgres
import Testing

/// What delayed events cost, by their number; see ops/benchmark/README.md. It prints, and judges only that none is lost.
@Suite(.serialized) struct DelayScaleTests {
    private static let count = ProcessInfo.processInfo.environment["PERCH_DELAYS"].flatMap { Int($0) }

    @Test(.enabled(if: count != nil, "PERCH_DELAYS=1000000 measures"))
    func whatDelayedEventsCost() async throws {
        let count = Self.count ?? 0
        try await withOrders { system, database in
            let relay = try system.relay(owner: "shop")
            let relaying = Task { try await relay.run() }
            let without = try await idle(database)
            let day: StaticString = "now() + interval '1 day', n % 4"
            try await insert(count, into: "perch.delayed_events", "due_at, checksum", day, database)
            try vacuum(system)
            let with = try await idle(database)
            relaying.cancel()
            try await relaying.value

            try await insert(count, into: "perch.outbox", "time, partition", "now(), n % 4", database)
            try vacuum(system)
            let plain = try await time(count, system, database)
            _ = try await database.execute("UPDATE perch.delayed_events SET due_at = now() - interval '1 s'")
            try vacuum(system)
            let due = try await time(2 * count, system, database) {
                // Published while all are due.
                try await database.transaction { tx in try tx.publish(OrderCounted(order: "fresh", count: 1)) }
                try await eventually("the fresh one has a position") {
                    try await number("SELECT count(*) AS n FROM perch.log WHERE key = 'fresh'", database) == 1
                }
            }
            print(
                """
                idle, nothing delayed:      \(without)
                idle, \(count) delayed: \(with)
                relaying \(count) that wait in the outbox: \(Int(Double(count) / plain.all)) events/s
                relaying \(count) that become due at once: \(Int(Double(count) / due.all)) events/s
                an event published meanwhile had its position after \(Int(due.body * 1000)) ms
                """
            )
            #expect(try await number("SELECT count(*) AS n FROM perch.delayed_events", database) == 0)
        }
    }

    @Test(.enabled(if: count != nil, "PERCH_DELAYS=1000000 measures"))
    func howLateDelayedEventsCome() async throws {
        try await withOrders { system, database in
            let relay = try system.relay(owner: "shop")
            let relaying = Task { try await relay.run() }
            let due: StaticString = "now() + interval '1 s' + n * interval '20 ms', n % 4"
            try await insert(1000, into: "perch.delayed_events", "due_at, checksum", due, database)
            try await eventually("all are in the log") {
                try await number("SELECT count(*) AS n FROM perch.log", database) == 1000
            }
            relaying.cancel()
            try await relaying.value
            let late = try await database.query(
                """
                SELECT percentile_disc(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY l.late)::float8[] AS late FROM (
                    SELECT milliseconds - extract(epoch FROM time) * 1000 AS late FROM perch.log
                ) AS l
                """
            ) { try $0.decode("late", as: [Double].self) }[0]
            print("of 1000 events due over 20 s, p50, p99 and the latest in ms: \(late.map { Int($0) })")
            // Milliseconds are cut off.
            #expect(late[0] > -1, "none is early")
        }
    }

    /// Transactions of the relay, and how long Postgres was at each.
    private func idle(_ database: Database) async throws -> String {
        func read() async throws -> (Int64, Double) {
            let rows = try await database.query(
                """
                SELECT d.xact_commit AS commits, d.active_time AS active FROM pg_stat_database d
                WHERE d.datname = current_database()
                """
            ) { row in (try row.decode("commits", as: Int64.self), try row.decode("active", as: Double.self)) }
            return rows.first ?? (0, 0)
        }
        let before = try await read()
        let end = ContinuousClock.now + .seconds(10)
        try await eventually("ten seconds are over") { ContinuousClock.now >= end }
        let after = try await read()
        let commits = max(1, after.0 - before.0)
        let each = Int((after.1 - before.1) * 1000 / Double(commits))
        return "\(commits) transactions, \(each) µs of Postgres each"
    }

    private func insert(
        _ count: Int,
        into table: StaticString,
        _ columns: StaticString,
        _ values: StaticString,
        _ database: Database
    ) async throws {
        try await database.transaction { tx in
            try tx.execute(
                """
                INSERT INTO \(raw: table) (topic, event_id, type, version, key, data, is_checked, \(raw: columns))
                SELECT 'orders', gen_random_uuid(), 'order_counted', 1, 'order-' || n % 1000,
                    json_build_object('order', 'order-' || n % 1000, 'count', n), true, \(raw: values)
                FROM generate_series(1, \(count)) AS s (n)
                """
            )
            // Else what it has cost would be counted some seconds later, with what is measured then.
            try tx.execute("SELECT pg_stat_force_next_flush()")
        }
    }

    /// As autovacuum would have come to it.
    private func vacuum(_ system: TestSystem) throws {
        let connection = try PostgresConnection(try system.postgres)
        try connection.executeScript("VACUUM ANALYZE perch.outbox")
        try connection.executeScript("VACUUM ANALYZE perch.delayed_events")
    }

    /// From the first position to the last.
    private func time(
        _ count: Int,
        _ system: TestSystem,
        _ database: Database,
        _ body: () async throws -> Void = {}
    ) async throws -> (all: Double, body: Double) {
        let relay = try system.relay(owner: "shop")
        let first = try await number("SELECT sum(last_position)::bigint AS n FROM perch.partitions", database)
        let relaying = Task { try await relay.run() }
        try await eventually("it has begun") {
            try await number("SELECT sum(last_position)::bigint AS n FROM perch.partitions", database) > first
        }
        let start = ContinuousClock.now
        try await body()
        let bodyTime = (ContinuousClock.now - start).seconds
        try await eventually("all have positions") {
            try await number("SELECT sum(last_position)::bigint AS n FROM perch.partitions", database) >= count
        }
        let all = (ContinuousClock.now - start).seconds
        relaying.cancel()
        try await relaying.value
        return (all, bodyTime)
    }

    private func number(_ sql: SQL, _ database: Database) async throws -> Int {
        try await database.query(sql) { try $0.decode("n", as: Int.self) }.first ?? -1
    }
}
