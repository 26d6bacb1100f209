import Foundation
import LocalServers
import Perch
import PerchTesting
import Postgres
import Synchronization
import Testing

@Suite(.serialized) struct LeaseTests {
    /// Counts how often each handler instance ran, and blocks on demand.
    private struct Fails: Error {}

    private struct FailingFor: EventHandler {
        let key: String
        let isMended: MendedFlag
        func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
            if event.order == key, !isMended.value { throw Fails() }
            try WriteDown().handle(event, delivery, in: tx)
        }
    }

    private final class MendedFlag: Sendable {
        private let flag = Atomic(false)
        var value: Bool { flag.load(ordering: .acquiring) }
        func mend() { flag.store(true, ordering: .releasing) }
    }

    @Test func aFailingEventHoldsItsPartitionAndNoOther() async throws {
        try await withOrders { system, database in
            let mended = MendedFlag()
            let failing = "order-1"
            let partition = PartitionNumber(key: failing, of: 4)
            let others = (2..<40).map { "order-\($0)" }.filter { PartitionNumber(key: $0, of: 4) != partition }
            try await running(system, workers: 1, handlers: [FailingFor(key: failing, isMended: mended)]) {
                try await database.transaction { tx in
                    try tx.publish(OrderCounted(order: failing, count: 0))
                    for key in others { try tx.publish(OrderCounted(order: key, count: 0)) }
                    try tx.publish(OrderCounted(order: failing, count: 1))
                }
                try await eventually("the other partitions go on") {
                    try await count(database) == others.count
                }
                mended.mend()
                try await eventually("the held ones follow, in order") {
                    try await count(database) == others.count + 2
                }
            }
            let counts = try await database.query("SELECT count FROM effects WHERE key = \(failing) ORDER BY sequence")
            {
                try $0.decode("count", as: Int.self)
            }
            #expect(counts == [0, 1])
        }
    }

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

    private func count(_ database: Database) async throws -> Int {
        try await database.query("SELECT count(*) AS n FROM effects") { try $0.decode("n", as: Int.self) }.first ?? 0
    }

    private func owners(_ database: Database) async throws -> [Int] {
        try await database.query(
            "SELECT count(*) AS n FROM perch.leases WHERE owner IS NOT NULL GROUP BY owner ORDER BY owner"
        ) {
            try $0.decode("n", as: Int.self)
        }
    }
}
