import LocalServers
import Perch
import PerchTesting
import Postgres
import Testing

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

    private func relaying(_ system: TestSystem, _ body: () async throws -> Void) async throws {
        let relay = try system.relay(owner: "shop")
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await relay.run() }
            try await body()
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    }
}
