import LocalServers
import Logging
import PerchProtocol
import PerchTesting
import Postgres
import Redis
import Testing

@testable import Perch

@Suite(.serialized) struct RetentionTests {
    private let topic = TopicContract(
        name: "orders",
        owner: "shop",
        key: "order",
        partitions: 1,
        retention: Retention(age: nil, entries: 50),
        groups: ["shipping"],
        events: []
    )

    @Test func aStreamIsTrimmedToItsRetentionButNeverPastWhatAGroupNeeds() async throws {
        try await withOrders(topic) { system, database in
            try await publish(1000, in: database)
            // Nobody reads yet: the declared group is missing and nothing may go.
            try await relaying(system) { try await eventually("all is appended") { try length(system) == 1000 } }
            #expect(try length(system) == 1000)

            try await running(system, workers: 1) { try await reach(1000, in: database) }
            try await relaying(system) { try await eventually("old entries go") { try length(system) < 200 } }
            #expect(try length(system) >= 50, "what retention keeps is kept")

            try await publish(10, in: database)
            try await running(system, workers: 1) { try await reach(1010, in: database) }
        }
    }

    @Test func aTrimmedStreamThatIsLostIsMadeAgainFromWhereItWasTrimmed() async throws {
        try await withOrders(topic) { system, database in
            try await publish(1000, in: database)
            try await running(system, workers: 1) { try await reach(1000, in: database) }
            try await relaying(system) { try await eventually("old entries go") { try length(system) < 200 } }
            let kept = try length(system)

            try system.redis.cli("FLUSHALL")
            try await publish(10, in: database)
            try await running(system, workers: 1) {
                try await reach(1010, in: database)
                try await eventually("the stream is there again") { try length(system) >= 60 }
            }
            #expect(try length(system) <= kept + 10, "what was trimmed stays away")
            let added = try system.redis.cli("XINFO", "STREAM", "orders:0").split(separator: "\n")
            #expect(added.contains("1010"), "the count of entries added tells of the trimmed ones too")
        }
    }

    @Test func aFullRedisIsTrimmed() async throws {
        try await withOrders(topic) { system, database in
            try await publish(1000, in: database)
            try await running(system, workers: 1) { try await reach(1000, in: database) }
            try system.redis.cli("CONFIG", "SET", "maxmemory", "1")
            #expect(try system.redis.cli("XADD", "other", "*", "a", "b").contains("OOM"))
            try await relaying(system) { try await eventually("old entries go") { try length(system) < 200 } }
        }
    }

    @Test func trimmingGoesOnUntilNothingIsLeftThatRetentionDoesNotKeep() async throws {
        try await withOrders(topic) { system, database in
            try await publish(2000, in: database)
            try await running(system, workers: 1) { try await reach(2000, in: database) }
            // Slices of a tenth, and one trim in an hour: who stops after the first leaves nearly all.
            var settings = RelayProtocol.Settings()
            settings.trimLimit = 200
            settings.trimEvery = .seconds(3600)
            try await relaying(system, settings) {
                try await eventually("all old entries go") { try length(system) < 200 }
            }
            #expect(try length(system) >= 50)
        }
    }

    @Test func anArchiveThatEndsLeavesNothingOfItsEventsBehind() async throws {
        let short = topic(archive: .seconds(1))
        try await withOrders(short) { system, database in
            try await database.transaction { tx in
                try tx.publish((0..<250).map { OrderCounted(order: "order-\($0)", count: $0) })
            }
            // Nobody has read yet: nothing may go, however old it is.
            try await relaying(system) { try await eventually("all is appended") { try length(system) == 250 } }
            #expect(try await logged(in: database) == 250)

            try await running(system, workers: 1) { try await reach(250, in: database) }
            var settings = RelayProtocol.Settings()
            settings.trimLimit = 40
            settings.trimEvery = .milliseconds(10)
            settings.auditEvery = .milliseconds(10)
            try await relaying(system, settings) {
                try await eventually("the log and the stream are empty") {
                    try await logged(in: database) == 0 && length(system) == 0
                }
            }
            // The group needs nothing of what is gone.
            let store = RelayStore(
                connection: try PostgresConnection(system.postgres),
                naming: StreamNaming(),
                sources: ["orders": "shop"]
            )
            let last = try #require(
                EntryID(
                    try system.redis.cli("--raw", "XINFO", "STREAM", "orders:0").split(separator: "\n").map(
                        String.init
                    )[7]
                )
            )
            let found = try store.consult(Partition("orders", 0), StreamState(last: last, lowestGroup: last))
            #expect(found.lowestGroup == 250)
            // It goes on behind them.
            try await publish(5, in: database)
            try await running(system, workers: 1) { try await reach(255, in: database) }
        }
    }

    @Test func theServicesRoleDropsNothingThatTheContractKeeps() async throws {
        try await withOrders(topic(archive: .seconds(3600))) { system, database in
            try await publish(20, in: database)
            try await running(system, workers: 1) { try await reach(20, in: database) }
            _ = try await database.execute("UPDATE perch.partitions SET trimmed_position = 20")
            func dropped() async throws -> Int64 {
                try await database.query("SELECT perch.drop_archived('orders', 0, 20, 100) AS n") {
                    try $0.decode("n", as: Int64.self)
                }[0]
            }
            #expect(try await dropped() == 0, "younger than the archive")
            _ = try await database.execute("UPDATE perch.log SET milliseconds = milliseconds - 3600001")
            _ = try await database.execute("UPDATE perch.partitions SET trimmed_position = 7")
            #expect(try await dropped() == 7, "no more than the stream has given up")
            _ = try await database.execute("UPDATE perch.topics SET archive = NULL")
            _ = try await database.execute("UPDATE perch.partitions SET trimmed_position = 20")
            #expect(try await dropped() == 0, "a topic that is kept for ever")
        }
    }

    private func topic(archive age: Duration) -> TopicContract {
        TopicContract(
            name: "orders",
            owner: "shop",
            key: "order",
            partitions: 1,
            retention: Retention(age: age, entries: nil),
            archive: Archive(age: age),
            groups: ["shipping"],
            events: []
        )
    }

    private func logged(in database: Database) async throws -> Int {
        try await database.query("SELECT count(*) AS n FROM perch.log") { try $0.decode("n", as: Int.self) }[0]
    }

    private func publish(_ count: Int, in database: Database) async throws {
        try await database.transaction { tx in
            try tx.publish((0..<count).map { OrderCounted(order: "order", count: $0) })
        }
    }

    private func reach(_ count: Int, in database: Database) async throws {
        try await eventually("\(count) events took effect") {
            try await database.query("SELECT count(*) AS n FROM effects") { try $0.decode("n", as: Int.self) } == [
                count
            ]
        }
    }

    private func length(_ system: TestSystem) throws -> Int {
        Int(try system.redis.cli("XLEN", "orders:0")) ?? -1
    }

    private func relaying(
        _ system: TestSystem,
        _ settings: RelayProtocol.Settings = .init(),
        _ body: () async throws -> Void
    ) async throws {
        let relay = OutboxRelay(
            owner: "shop",
            contract: system.contract,
            configuration: .init(redis: try RedisConfiguration(url: system.redis.url), postgres: try system.postgres),
            settings: settings,
            logger: system.logger
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await relay.run() }
            try await body()
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    }
}
