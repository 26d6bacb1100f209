import Foundation
import LocalServers
import Perch
import PerchTesting
import Postgres
import Synchronization
import Testing

/// A subscription that has both ways to handle a topic.
@Suite(.serialized) struct EitherWayTests {
    private final class Ways: Sendable {
        private let taken = Mutex<[String]>([])
        func take(_ way: String) { taken.withLock { $0.append(way) } }
        var all: [String] { taken.withLock { $0 } }
    }

    private struct Each: EventHandler {
        let ways: Ways

        func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
            ways.take("one")
            try WriteDown().handle(event, delivery, in: tx)
        }
    }

    private struct Batch: BatchHandler {
        let types = [OrderCounted.type]
        let ways: Ways

        func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
            ways.take("\(batch.count) at once")
            let events = try batch.decode(OrderCounted.self)
            try tx.execute(
                """
                INSERT INTO effects (event_id, key, count)
                SELECT * FROM unnest(\(batch.map(\.id)), \(events.map(\.order)), \(events.map(\.count)))
                """
            )
        }
    }

    private func deliveries(_ counts: Range<Int>, type: EventType? = nil) throws -> [Delivery] {
        try counts.map { count in
            let event = OrderCounted(order: "order-1", count: count)
            return Delivery(
                partition: Partition("orders", 0),
                entryID: EntryID(milliseconds: 1, position: Int64(count + 1)),
                envelope: Envelope(
                    id: .v7(),
                    source: "shop",
                    type: type ?? OrderCounted.type,
                    version: 1,
                    subject: event.key,
                    time: .now,
                    data: try EventCoding.encode(event)
                )
            )
        }
    }

    @Test func fewEventsAreHandledOneByOneAndManyAtOnceWithTheSameEffect() async throws {
        try await withOrders { system, database in
            let ways = Ways()
            let subscription = Subscription(
                topic: "orders",
                batch: Batch(ways: ways),
                each: [Each(ways: ways)],
                few: 2
            )
            let group = ConsumerGroup(name: "shipping", subscriptions: [subscription])
            let harness = HandlerHarness(group: group, connection: try PostgresConnection(try system.postgres))
            try harness.deliver(try deliveries(0..<1))
            try harness.deliver(try deliveries(1..<3))
            try harness.deliver(try deliveries(3..<6))
            #expect(ways.all == ["one", "one", "one", "3 at once"])
            let rows = try await database.query("SELECT key, count FROM effects ORDER BY sequence") {
                (try $0.decode("key", as: String.self), try $0.decode("count", as: Int.self))
            }
            #expect(rows.map(\.1) == Array(0..<6))
            #expect(rows.allSatisfy { $0.0 == "order-1" })
        }
    }

    @Test func eventsOfOtherTypesReachNeitherWay() async throws {
        try await withOrders { system, _ in
            let ways = Ways()
            let subscription = Subscription(topic: "orders", batch: Batch(ways: ways), each: [Each(ways: ways)], few: 2)
            let group = ConsumerGroup(name: "shipping", subscriptions: [subscription])
            let harness = HandlerHarness(group: group, connection: try PostgresConnection(try system.postgres))
            try harness.deliver(try deliveries(0..<2, type: "order_forgotten"))
            try harness.deliver(try deliveries(2..<5, type: "order_forgotten") + deliveries(5..<6))
            #expect(ways.all == ["1 at once"])
        }
    }
}
