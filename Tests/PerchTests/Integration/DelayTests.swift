import Foundation
import LocalServers
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import Perch

/// Events that wait until they are due, on real servers.
@Suite(.serialized, .timeLimit(.minutes(30))) struct DelayTests {
    @Test func aDelayedEventComesWhenItIsDueBehindWhatItsKeyHasPublishedByThen() async throws {
        try await withOrders { system, database in
            try await running(system, workers: 1) {
                let due = Timestamp.now + .seconds(2)
                let id = try await database.transaction { tx in
                    try tx.publish(OrderCounted(order: "a", count: 1))
                    return try tx.publish(OrderCounted(order: "a", count: 2), notBefore: due)
                }
                try await eventually("it took effect") { try await effects(database) == [1, 2] }
                try await database.transaction { tx in try tx.publish(OrderCounted(order: "a", count: 3)) }
                try await eventually("the later one did, behind it") { try await effects(database) == [1, 2, 3] }
                let found = try await database.query(
                    "SELECT time, milliseconds FROM perch.log WHERE event_id = \(id)"
                ) { (try $0.decode("time", as: Timestamp.self), try $0.decode("milliseconds", as: Int64.self)) }
                #expect(found.map(\.0) == [due])
                #expect(found.allSatisfy { $0.1 >= due.milliseconds }, "it is never early")
                #expect(try await waiting(database) == 0)
            }
        }
    }

    @Test func whatBecameDueMeanwhileComesInTheOrderInWhichItWasDueAndThenAskedFor() async throws {
        try await withOrders { system, database in
            let start = Timestamp.now + .seconds(3600)
            try await database.transaction { tx in
                // By count: when it is due, in tens of milliseconds.
                for (count, due) in [(5, 3), (3, 2), (1, 1), (4, 2), (6, 3), (2, 1)] {
                    try tx.publish(OrderCounted(order: "a", count: count), notBefore: start + .milliseconds(10 * due))
                }
            }
            try await makeDue(database)
            try await running(system, workers: 1) {
                try await eventually("all took effect") { try await effects(database).count == 6 }
            }
            #expect(try await effects(database) == [1, 2, 3, 4, 5, 6])
        }
    }

    /// How late it is at the most is said in looks, and not in seconds, which are the machine's.
    @Test func whatIsDueHasItsPositionWithTheSecondLookAfterwards() async throws {
        try await withOrders { system, database in
            let store = try relayStore(system)
            _ = try await dueEvents(["a", "b"], database)
            _ = try await database.execute("UPDATE perch.delayed_events SET due_at = due_at + interval '1 day'")
            try store.assign(most: 10, due: 0, except: [])
            #expect(try store.collect().isEmpty)
            #expect(!store.hasDue)
            _ = try await database.execute(
                "UPDATE perch.delayed_events SET due_at = due_at - interval '1 day' WHERE key = 'a'"
            )
            try store.assign(most: 10, due: 0, except: [])
            #expect(try store.collect().isEmpty)
            #expect(store.hasDue)
            try store.assign(most: 10, due: 5, except: [])
            #expect(try store.collect().map { $0.entries.count } == [1])
            #expect(!store.hasDue)
            #expect(try await waiting(database) == 1)
        }
    }

    @Test func aTimeThatIsOverMeansNow() async throws {
        try await withOrders { _, database in
            let before = Timestamp.now
            try await database.transaction { tx in
                try tx.publish(OrderCounted(order: "a", count: 1), notBefore: Timestamp(milliseconds: 0))
                try tx.publish(OrderCounted(order: "a", count: 2))
            }
            let rows = try await database.query(
                "SELECT (data->>'count')::int AS count, time, partition FROM perch.outbox ORDER BY sequence"
            ) {
                (
                    Int(try $0.decode("count", as: Int32.self)), try $0.decode("time", as: Timestamp.self),
                    try $0.decode("partition", as: PartitionNumber.self)
                )
            }
            #expect(rows.map(\.0) == [1, 2])
            #expect(rows.allSatisfy { $0.1 >= before && $0.2 == PartitionNumber(key: "a", of: 4) })
            #expect(try await waiting(database) == 0)
        }
    }

    @Test func whatIsRolledBackHasNeitherAskedNorCancelled() async throws {
        struct Refused: Error {}
        try await withOrders { system, database in
            let kept = try await database.transaction { tx in
                try tx.publish(OrderCounted(order: "a", count: 1), notBefore: .now + .seconds(3600))
            }
            await #expect(throws: Refused.self) {
                try await database.transaction { tx in
                    try tx.publish(OrderCounted(order: "gone", count: 1), notBefore: .now + .seconds(3600))
                    #expect(try tx.cancelDelayed(kept))
                    throw Refused()
                }
            }
            #expect(try await waiting(database) == 1)
            try await makeDue(database)
            try await running(system, workers: 1) {
                try await eventually("it took effect") { try await effects(database) == [1] }
            }
            let isCancelled = try await database.transaction { tx in try tx.cancelDelayed(kept) }
            #expect(!isCancelled, "it is published")
        }
    }

    @Test func whatIsCancelledIsNeverPublishedAndMayBeAskedForAnew() async throws {
        try await withOrders { _, database in
            let id = try await database.transaction { tx in
                try tx.publish(OrderCounted(order: "a", count: 1), notBefore: .now + .seconds(3600))
            }
            let later = Timestamp.now + .seconds(7200)
            try await database.transaction { tx in
                #expect(try tx.cancelDelayed(id))
                #expect(try !tx.cancelDelayed(id), "once")
                try tx.publish(OrderCounted(order: "a", count: 1), notBefore: later, id: id)
                // A retry of the program's own.
                try tx.publish(OrderCounted(order: "a", count: 1), notBefore: .now + .seconds(60), id: id)
            }
            let due = try await database.query("SELECT due_at FROM perch.delayed_events") {
                try $0.decode("due_at", as: Timestamp.self)
            }
            #expect(due == [later])
        }
    }

    @Test func ofACancellationAndBecomingDueExactlyOneWins() async throws {
        try await withOrders { system, database in
            let count = 300
            let start = Timestamp.now + .milliseconds(500)
            let ids = try await database.transaction { tx in
                try (0..<count).map { index in
                    try tx.publish(
                        OrderCounted(order: "order-\(index % 20)", count: index),
                        notBefore: start + .milliseconds(3 * index)
                    )
                }
            }
            var cancelled: Set<UUID> = []
            try await running(system, workers: 1) {
                try await eventually("the first is published") { try await logged(database) > 0 }
                // Both work through them from the same end.
                for (index, id) in ids.enumerated() where index % 2 == 0 {
                    if try await database.transaction({ tx in try tx.cancelDelayed(id) }) { cancelled.insert(id) }
                }
                try await eventually("the others took effect") {
                    try await effects(database).count == count - cancelled.count
                }
                try await eventually("none waits") { try await waiting(database) == 0 }
            }
            let published = try await database.query("SELECT event_id FROM effects") {
                try $0.decode("event_id", as: UUID.self)
            }
            #expect(cancelled.isDisjoint(with: published))
            #expect(Set(published).union(cancelled) == Set(ids) && published.count == Set(published).count)
        }
    }

    @Test func whoCancelsWhatIsBeingMovedWaitsAndIsTooLate() async throws {
        try await withOrders { system, database in
            let id = try await dueEvents(["a"], database)[0]
            let mover = try PostgresConnection(try system.postgres)
            let pid = mover.backendPID
            let moving = try mover.begin()
            try moving.execute("SELECT perch.move_due(10)")
            try moving.flush()
            let cancelling = Task { try await database.transaction { tx in try tx.cancelDelayed(id) } }
            try await eventually("it waits for the mover") {
                try await number(
                    "SELECT count(*) AS n FROM pg_stat_activity WHERE \(pid) = ANY (pg_blocking_pids(pid))",
                    database
                ) == 1
            }
            try moving.commit()
            #expect(try await cancelling.value == false)
        }
    }

    @Test func whatIsBeingCancelledKeepsItsPlaceInItsKeyAndHoldsNoOtherKeyUp() async throws {
        try await withOrders { system, database in
            let ids = try await dueEvents(["a", "a", "b"], database)
            let store = try relayStore(system)
            let other = try PostgresConnection(try system.postgres)
            let cancelling = try other.begin()
            #expect(try cancelling.cancelDelayed(ids[0]))
            try store.assign(most: 10, due: 10, except: [])
            #expect(try store.collect().map(\.entries.count) == [1], "that of the other key")
            #expect(store.hasDue)
            cancelling.rollback()
            try store.assign(most: 10, due: 10, except: [])
            #expect(try store.collect().map(\.entries.count) == [2])
            let order = try await database.query("SELECT event_id FROM perch.log WHERE key = 'a' ORDER BY position") {
                try $0.decode("event_id", as: UUID.self)
            }
            #expect(order == Array(ids.prefix(2)))
        }
    }

    @Test func howeverMuchWaitsBehindACancellationOtherKeysGoOn() async throws {
        try await withOrders { system, database in
            let firsts = try await dueEvents(["a", "b"], database)
            _ = try await database.execute(
                """
                INSERT INTO perch.delayed_events (topic, type, key, due_at, data, is_checked)
                SELECT 'orders', 'order_counted', k.key, clock_timestamp() - interval '10 seconds',
                    json_build_object('order', k.key, 'count', n), true
                FROM unnest(ARRAY['a', 'b']) AS k (key), generate_series(1, 700) AS s (n) ORDER BY k.key, n
                """
            )
            for count in 0..<3 { _ = try await dueEvents(["c", "d"][..<(count % 2 + 1)].map { $0 }, database) }
            _ = try await database.execute(
                "UPDATE perch.delayed_events SET due_at = clock_timestamp() - interval '1 second' WHERE key IN ('c', 'd')"
            )
            let store = try relayStore(system)
            let other = try PostgresConnection(try system.postgres)
            let cancelling = try other.begin()
            for first in firsts { #expect(try cancelling.cancelDelayed(first)) }
            try store.assign(most: 1000, due: 500, except: [])
            #expect(try store.collect().flatMap(\.entries).count == 4, "those of the other keys")
            cancelling.rollback()
            try await eventually("all are moved") {
                try store.assign(most: 1000, due: 500, except: [])
                _ = try store.collect()
                return try await waiting(database) == 0
            }
            for key in ["a", "b"] {
                let counts = try await database.query(
                    "SELECT (data->>'count')::bigint AS n FROM perch.log WHERE key = \(key) ORDER BY position"
                ) { try $0.decode("n", as: Int.self) }
                #expect(counts == Array(0...700), "\(key) is in its order")
            }
        }
    }

    @Test func oneTransactionMovesAtATime() async throws {
        try await withOrders { system, database in
            _ = try await dueEvents(["a", "a"], database)
            let first = try PostgresConnection(try system.postgres)
            let moving = try first.begin()
            try moving.execute("SELECT perch.move_due(1)")
            try moving.flush()
            let other = try relayStore(system)
            try other.assign(most: 10, due: 10, except: [])
            #expect(try other.collect().isEmpty, "or the second event of the key would come before the first")
            try moving.commit()
            try other.assign(most: 10, due: 10, except: [])
            #expect(try other.collect().map(\.entries.count) == [2])
        }
    }

    @Test func aRelayThatIsEndedWhileItMovesLosesAndDoublesNothing() async throws {
        try await withOrders { system, database in
            let (keys, each) = (10, 200)
            _ = try await database.execute(
                """
                INSERT INTO perch.delayed_events (topic, type, key, due_at, data)
                SELECT 'orders', 'order_counted', 'order-' || n % 10, clock_timestamp() + n * interval '1 millisecond',
                    json_build_object('order', 'order-' || n % 10, 'count', n / 10)
                FROM generate_series(0, \(keys * each - 1)) AS s (n)
                """
            )
            try await running(system, workers: 1) {
                for part in 1...8 {
                    try await eventually("a further part is published") {
                        try await logged(database) >= keys * each * part / 10
                    }
                    _ = try await database.query(
                        "SELECT pg_terminate_backend(l.pid) AS done FROM \(raw: RelayLeadership.locks) WHERE l.granted"
                    ) { try $0.decode("done", as: Bool.self) }
                }
                try await eventually("all took effect") { try await effects(database).count >= keys * each }
            }
            let rows = try await database.query("SELECT key, count FROM effects ORDER BY sequence") {
                (try $0.decode("key", as: String.self), try $0.decode("count", as: Int.self))
            }
            let byKey = Dictionary(grouping: rows, by: \.0)
            #expect(byKey.count == keys)
            for (key, counts) in byKey { #expect(counts.map(\.1) == Array(0..<each), "\(key)") }
        }
    }

    @Test func itsPartitionIsTheOneThatItsKeyHasWhenItIsDue() async throws {
        try await withPartitionSystem(4) { system in
            let key = PartitionSystem.movingKey
            try await system.running(4) {
                try await system.shop.transaction { tx in
                    try tx.publish(OrderCounted(order: key, count: 0))
                    try tx.publish(OrderCounted(order: key, count: 2), notBefore: .now + .seconds(7200))
                    try tx.publish(OrderCounted(order: key, count: 1), notBefore: .now + .seconds(3600))
                }
                try await eventually("the first took effect") { try await system.effectCount() == 1 }
                try await system.changes(4).repartition("orders", to: 8, by: PartitionSystem.name)
                try await makeDue(system.shop)
                try await eventually("all took effect") { try await system.effectCount() == 3 }
            }
            #expect(
                try await system.logged(ofKey: key) == [4, 8, 8].map { PartitionNumber(key: key, of: $0).rawValue }
            )
            #expect(try await system.effects()[key] == [0, 1, 2])
        }
    }

    @Test func aRowThatAnotherLanguageInsertedIsLookedAtWhenItIsDue() async throws {
        try await withOrders { system, database in
            _ = try await database.execute(
                """
                INSERT INTO perch.delayed_events (topic, type, key, due_at, data) VALUES
                    ('orders', 'order_counted', 'a', clock_timestamp(), '{"order": "a", "count": 1}'),
                    ('orders', 'order_counted', 'a', clock_timestamp(), '{"order": "a", "count": 1, "count": 2}'),
                    ('orders', 'order_counted', 'a', clock_timestamp(), '{"order": "a", "count": 2}')
                """
            )
            try await running(system, workers: 1) {
                try await eventually("the sound ones took effect") { try await effects(database) == [1, 2] }
            }
            #expect(try await number("SELECT count(*) AS n FROM perch.refused_events", database) == 1)
        }
    }

    @Test func whatTheOutboxWouldNotTakeIsRefusedWhenItIsAskedFor() async throws {
        try await withOrders { _, database in
            func refusal(_ values: SQL) async -> PostgresError? {
                do {
                    _ = try await database.execute(values)
                    return nil
                } catch { return error as? PostgresError }
            }
            let topic = await refusal(
                """
                INSERT INTO perch.delayed_events (topic, type, key, due_at, data)
                VALUES ('none', 't', 'k', now(), '{}')
                """
            )
            #expect(topic?.message == "topic none is not one of this database's")
            for (due, data, constraint) in [
                ("10000-01-01Z", "{}", "delayed_events_due_range"), ("infinity", "{}", "delayed_events_due_range"),
                ("2030-01-01Z", "[]", "delayed_events_data_object"),
            ] {
                let found = await refusal(
                    """
                    INSERT INTO perch.delayed_events (topic, type, key, due_at, data)
                    VALUES ('orders', 't', 'k', \(due)::text::timestamptz, \(data)::text::json)
                    """
                )
                #expect(found?.constraint == constraint)
            }
        }
    }

    /// As where its role was not given the right: others go on, and what is due goes on when it can.
    @Test func delayedEventsThatCannotBeMovedHoldNothingElseUp() async throws {
        try await withOrders { system, database in
            _ = try await database.execute("ALTER FUNCTION perch.move_due(int) RENAME TO move_due_away")
            _ = try await database.execute(
                """
                CREATE FUNCTION perch.move_due(most int) RETURNS bigint LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'permission denied' USING ERRCODE = 'insufficient_privilege'; END $$
                """
            )
            _ = try await dueEvents(["late"], database)
            try await running(system, workers: 1) {
                for count in 1...5 {
                    try await database.transaction { tx in try tx.publish(OrderCounted(order: "a", count: count)) }
                    try await eventually("event \(count) took effect") { try await effects(database).count == count }
                }
                _ = try await database.execute("DROP FUNCTION perch.move_due(int)")
                _ = try await database.execute("ALTER FUNCTION perch.move_due_away(int) RENAME TO move_due")
                try await eventually("it took effect too") { try await effects(database).count == 6 }
            }
        }
    }

    // MARK: Helpers

    /// Events of these keys that are due, in this order.
    private func dueEvents(_ keys: [String], _ database: Database) async throws -> [UUID] {
        let ids = keys.map { _ in UUID.v7() }
        for (index, key) in keys.enumerated() {
            _ = try await database.execute(
                """
                INSERT INTO perch.delayed_events (event_id, topic, type, key, due_at, data, is_checked)
                VALUES (\(ids[index]), 'orders', 'order_counted', \(key),
                    clock_timestamp() - interval '1 minute' + \(Int64(index)) * interval '1 second',
                    json_build_object('order', \(key), 'count', 0), true)
                """
            )
        }
        return ids
    }

    private func relayStore(_ system: TestSystem) throws -> RelayStore {
        RelayStore(
            connection: try PostgresConnection(try system.postgres),
            naming: StreamNaming(),
            sources: ["orders": "shop"]
        )
    }

    private func effects(_ database: Database) async throws -> [Int] {
        try await database.query("SELECT count FROM effects ORDER BY sequence") { try $0.decode("count", as: Int.self) }
    }

    private func waiting(_ database: Database) async throws -> Int {
        try await number("SELECT count(*) AS n FROM perch.delayed_events", database)
    }

    /// As if a day had gone by.
    private func makeDue(_ database: Database) async throws {
        _ = try await database.execute("UPDATE perch.delayed_events SET due_at = due_at - interval '1 day'")
    }

    private func logged(_ database: Database) async throws -> Int {
        try await number("SELECT count(*) AS n FROM perch.log", database)
    }

    private func number(_ sql: SQL, _ database: Database) async throws -> Int {
        try await database.query(sql) { try $0.decode("n", as: Int.self) }.first ?? -1
    }
}
