import Foundation
import LocalServers
import Perch
import PerchTesting
import Postgres
import Testing

@Suite(.serialized) struct LeaseTests {
    @Test func partitionsAreSharedEvenlyAndHandedOverOnShutdown() async throws {
        try await withOrders { system, database in
            let group = ConsumerGroup(
                name: "shipping",
                subscriptions: [Subscription(topic: "orders", handlers: [WriteDown()])]
            )
            // Longer than anything here waits: what moves was given back, and did not run out.
            var settings = WorkerPool.Settings()
            settings.lease = .seconds(300)
            let first = try system.pool(group, settings: settings)
            let second = try system.pool(group, settings: settings)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await first.run() }
                try await eventually("one worker holds all") { try await owners(database) == [4] }
                let joining = Task { try await second.run() }
                try await eventually("two workers hold two each") { try await owners(database) == [2, 2] }
                joining.cancel()
                try await joining.value
                try await eventually("one worker holds all again") { try await owners(database) == [4] }
                tasks.cancelAll()
            }
            #expect(try await owners(database).isEmpty, "a pool that has stopped holds nothing")
        }
    }

    /// Over both topics together three workers would have had an even share too where one holds a whole topic.
    @Test func eachTopicIsSpreadOverAllWorkers() async throws {
        let contract = Contract(
            topics: ["busy", "calm"].map {
                TopicContract(name: $0, owner: "shop", key: "order", partitions: 4, groups: ["shipping"], events: [])
            }
        )
        try await withLocalRedis { redis in
            let url = try LocalPostgres.shared().createDatabase()
            let system = try TestSystem(contract: contract, owner: "shop", redis: redis, databaseURL: url)
            let database = Database(try system.postgres, size: 1, acquireTimeout: .seconds(3600))
            let group = ConsumerGroup(
                name: "shipping",
                subscriptions: ["busy", "calm"].map { Subscription(topic: $0, batch: Ignoring()) }
            )
            let pools = try (0..<3).map { _ in try system.pool(group) }
            let running = pools.map { pool in Task { try await pool.run() } }
            try await eventually("each worker holds one or two of each topic, and two or three in all") {
                let rows = try await database.query(
                    "SELECT topic, owner, count(*) AS n FROM perch.leases WHERE owner IS NOT NULL GROUP BY 1, 2"
                ) { (owner: try $0.decode("owner", as: String.self), count: try $0.decode("n", as: Int.self)) }
                let totals = Dictionary(grouping: rows, by: \.owner).mapValues { $0.map(\.count).reduce(0, +) }
                return rows.map(\.count).sorted() == [1, 1, 1, 1, 2, 2] && totals.values.sorted() == [2, 3, 3]
            }
            for task in running { task.cancel() }
            for task in running { try await task.value }
            await database.close()
        }
    }

    private func owners(_ database: Database) async throws -> [Int] {
        try await database.query(
            "SELECT count(*) AS n FROM perch.leases WHERE owner IS NOT NULL GROUP BY owner ORDER BY owner"
        ) {
            try $0.decode("n", as: Int.self)
        }
    }
}

private struct Ignoring: BatchHandler {
    let types: [EventType] = ["nothing"]

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {}
}
