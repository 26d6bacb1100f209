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

    private func owners(_ database: Database) async throws -> [Int] {
        try await database.query(
            "SELECT count(*) AS n FROM perch.leases WHERE owner IS NOT NULL GROUP BY owner ORDER BY owner"
        ) {
            try $0.decode("n", as: Int.self)
        }
    }
}
