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
            let first = try system.pool(group)
            let second = try system.pool(group)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await first.run() }
                try await eventually("one worker holds all") { try await owners(database) == [4] }
                let joining = Task { try await second.run() }
                try await eventually("two workers hold two each") { try await owners(database) == [2, 2] }
                let clock = ContinuousClock()
                let stopped = clock.now
                joining.cancel()
                try await joining.value
                try await eventually("one worker holds all again") { try await owners(database) == [4] }
                #expect(stopped.duration(to: clock.now) < .seconds(2), "partitions move within 2 seconds of a shutdown")
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
