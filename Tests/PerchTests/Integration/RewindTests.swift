import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Redis
import Testing

/// A group is emptied and begins again: everything takes effect once more, once and in order.
@Suite(.serialized) struct RewindTests {
    private struct Refused: Error {}

    private static func group(_ reset: (@Sendable (borrowing Transaction) throws -> Void)?) -> ConsumerGroup {
        ConsumerGroup(
            name: "shipping",
            subscriptions: [Subscription(topic: "orders", handlers: [WriteDown()])],
            reset: reset
        )
    }

    private func rewind(
        _ system: TestSystem,
        reset: @escaping @Sendable (borrowing Transaction) throws -> Void = { tx in
            try tx.execute("TRUNCATE effects")
        }
    ) throws -> GroupRewind {
        try GroupRewind(
            group: Self.group(reset),
            contract: system.contract,
            configuration: .init(
                redis: try RedisConfiguration(url: system.redis.url),
                postgres: try system.postgres
            )
        )
    }

    private func publish(_ rounds: Range<Int>, _ database: Database) async throws {
        for round in rounds {
            try await database.transaction { tx in
                for key in 0..<12 { try tx.publish(OrderCounted(order: "order-\(key)", count: round)) }
            }
        }
    }

    private func effects(_ database: Database) async throws -> [String: [Int]] {
        let rows = try await database.query("SELECT key, count FROM effects ORDER BY sequence") {
            (try $0.decode("key", as: String.self), try $0.decode("count", as: Int.self))
        }
        return Dictionary(grouping: rows, by: \.0).mapValues { $0.map(\.1) }
    }

    /// Who did what, by the database.
    private func records(_ database: Database) async throws -> [String] {
        try await database.query(
            "SELECT concat_ws(' ', operator, action, target) AS o FROM perch.operations ORDER BY id"
        ) {
            try $0.decode("o", as: String.self)
        }
    }

    private func all(_ rounds: Range<Int>) -> [String: [Int]] {
        Dictionary(uniqueKeysWithValues: (0..<12).map { ("order-\($0)", Array(rounds)) })
    }

    /// The table of effects has no unique key, so an effect of before the rewind would show as doubled.
    @Test func amidTrafficEveryEventTakesEffectOnceMoreInOrder() async throws {
        try await withOrders { system, database in
            try await running(system, workers: 2) {
                try await publish(0..<20, database)
                async let traffic: Void = publish(20..<60, database)
                for _ in 0..<5 {
                    let rewind = try rewind(system)
                    _ = try await rewind.start(by: "ann")
                    try await eventually("half of it is replayed") {
                        let progress = try await rewind.progress()
                        return progress.replayed * 2 >= progress.total
                    }
                }
                try await traffic
                try await eventually("all events took effect") { try await effects(database) == all(0..<60) }
            }
            #expect(try await effects(database) == all(0..<60))
            #expect(try await records(database) == Array(repeating: "ann rewind shipping", count: 5))
        }
    }

    @Test func aRewindThatFailsOrDiesAmidItsTransactionLeavesAllAsItWas() async throws {
        try await withOrders { system, database in
            try await running(system, workers: 1) {
                try await publish(0..<10, database)
                try await eventually("all events took effect") { try await effects(database) == all(0..<10) }
            }
            let before = try await checkpoints(database)
            let failing = try rewind(system) { tx in
                try tx.execute("TRUNCATE effects")
                throw Refused()
            }
            await #expect(throws: Refused.self) { try await failing.start(by: "ann") }
            let dying = try rewind(system) { tx in
                try tx.execute("TRUNCATE effects")
                try tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            }
            await #expect(throws: PostgresError.self) { try await dying.start(by: "ann") }
            #expect(try await checkpoints(database) == before)
            #expect(try await effects(database) == all(0..<10))
            #expect(try await records(database).isEmpty, "what was not done is not recorded")
            try await running(system, workers: 1) {
                try await publish(10..<12, database)
                try await eventually("the group goes on") { try await effects(database) == all(0..<12) }
            }
        }
    }

    @Test func aRewindWhoseConnectionHasEndedConnectsAnew() async throws {
        try await withOrders { system, database in
            try await running(system, workers: 1) {
                try await publish(0..<2, database)
                try await eventually("all events took effect") { try await effects(database) == all(0..<2) }
            }
            let rewind = try rewind(system)
            #expect(try await rewind.start(by: "ann").total == 24)
            let others = "datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            let name = try #require(system.databaseURL.split(separator: "/").last)
            let server = try LocalPostgres.shared()
            try server.psql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \(others)",
                database: String(name)
            )
            try await eventually("the sessions are over") {
                try server.psql("SELECT count(*) FROM pg_stat_activity WHERE \(others)", database: String(name))
                    .hasPrefix("0")
            }
            // It may be the one that finds it out.
            _ = try? await rewind.start(by: "ann")
            #expect(try await rewind.start(by: "ann").total == 24)
        }
    }

    @Test func aTrimmedStreamIsMadeAgainFromTheLog() async throws {
        let topic = TopicContract(
            name: "orders",
            owner: "shop",
            key: "order",
            partitions: 1,
            retention: Retention(age: nil, entries: 50),
            groups: ["shipping"],
            events: []
        )
        try await withOrders(topic) { system, database in
            try await running(system, workers: 1) {
                try await publish(0..<80, database)
                try await eventually("all events took effect") { try await effects(database) == all(0..<80) }
                try await eventually("old entries go") { Int(try system.redis.cli("XLEN", "orders:0")) ?? 960 < 300 }
                let start = try await rewind(system).start(by: "ann")
                #expect(start.total == 960)
                try await publish(80..<90, database)
                try await eventually("all took effect once more") { try await effects(database) == all(0..<90) }
                try await eventually("old entries go again") {
                    Int(try system.redis.cli("XLEN", "orders:0")) ?? 960 < 300
                }
            }
            #expect(try await effects(database) == all(0..<90))
        }
    }

    @Test func aStreamWithoutItsBeginningIsRefusedWhereTheLogMayBeTooShort() async throws {
        let topic = TopicContract(
            name: "orders",
            owner: "shop",
            key: "order",
            partitions: 4,
            archive: Archive(age: .seconds(86_400)),
            groups: ["shipping"],
            events: []
        )
        try await withOrders(topic) { system, database in
            try await running(system, workers: 1) {
                try await publish(0..<10, database)
                try await eventually("all events took effect") { try await effects(database) == all(0..<10) }
            }
            let before = try await checkpoints(database)
            let stream = try #require((0..<4).map { "orders:\($0)" }.first { try system.redis.cli("XLEN", $0) != "0" })
            for kept in [3, 0, nil] {
                if let kept {
                    try system.redis.cli("XTRIM", stream, "MAXLEN", "\(kept)")
                } else {
                    try system.redis.cli("DEL", stream)
                }
                let rewind = try rewind(system)
                let error = await #expect(throws: StreamTooShort.self) { try await rewind.start(by: "ann") }
                #expect(error?.partition.description == stream)
                #expect((error?.found == nil) == (kept == nil))
            }
            #expect(try await checkpoints(database) == before)
            #expect(try await effects(database) == all(0..<10))
        }
    }

    @Test func aGroupWithoutAResetCannotBeRewound() async throws {
        try await withOrders { system, _ in
            #expect(throws: ResetMissing.self) {
                try GroupRewind(
                    group: Self.group(nil),
                    contract: system.contract,
                    configuration: .init(
                        redis: try RedisConfiguration(url: system.redis.url),
                        postgres: try system.postgres
                    )
                )
            }
        }
    }

    @Test func deadLettersComeAgainInTheirPlace() async throws {
        try await withOrders { system, database in
            try await running(system, workers: 1) {
                try await publish(0..<1, database)
                try await eventually("all events took effect") { try await effects(database) == all(0..<1) }
            }
            try await database.execute(
                """
                INSERT INTO perch.failed_events
                    (group_name, topic, partition, position, entry_id, event_id, type, version, subject, time, payload, state, error)
                SELECT 'shipping', topic, partition, position, '1-1', event_id, type, version, key, time, '', 'dead', 'x'
                FROM perch.log LIMIT 1
                """
            )
            _ = try await rewind(system).start(by: "ann")
            let left = try await database.query("SELECT count(*) AS n FROM perch.failed_events") {
                try $0.decode("n", as: Int.self)
            }
            #expect(left == [0])
        }
    }

    private func checkpoints(_ database: Database) async throws -> [String] {
        try await database.query("SELECT c::text AS c FROM perch.checkpoints c ORDER BY topic, partition") {
            try $0.decode("c", as: String.self)
        }
    }
}
