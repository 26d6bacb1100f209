import Metrics
import MetricsTestKit
import Perch
import PerchTesting
import Postgres
import Synchronization
import Testing

/// What is counted, on real traffic.
@Suite(.serialized) struct MetricsTests {
    @Test func eachEventIsCountedOnceByWhatBecameOfIt() async throws {
        let metrics = TestMetrics()
        let refusals = Refusals(first: 2)
        try await withMetricsFactory(metrics) {
            try await withOrders { system, database in
                try await running(system, workers: 1, handlers: [RefuseAtFirst(refusals: refusals)]) {
                    try await database.transaction { tx in
                        for number in 0..<20 { try tx.publish(OrderCounted(order: "order-\(number)", count: number)) }
                        for number in 0..<5 { try tx.publish(OrderNoted(order: "order-\(number)")) }
                        // Not as its type has it: a dead letter.
                        try tx.execute(
                            """
                            INSERT INTO perch.outbox (topic, type, key, data)
                            VALUES ('orders', 'order_counted', 'order-1', '{"order": 1}')
                            """
                        )
                    }
                    try await eventually("all are behind the checkpoints") {
                        try await database.query(
                            "SELECT coalesce(sum(position), 0)::bigint AS n FROM perch.checkpoints"
                        ) { try $0.decode("n", as: Int.self) } == [26]
                    }
                    try await eventually("what had failed has taken effect") {
                        try await database.query("SELECT state FROM perch.failed_events") {
                            try $0.decode("state", as: String.self)
                        } == ["dead"]
                    }
                }
            }
        }
        func processed(_ outcome: String) -> Int64 {
            metrics.counterTotal(
                label: "perch_events_processed_total",
                dimensions: [("group", "shipping"), ("topic", "orders"), ("outcome", outcome)]
            )
        }
        #expect(
            processed("ok") == 20,
            "also those of rounds that were refused at first, and the one that failed by itself, once"
        )
        #expect(processed("skipped") == 5)
        #expect(processed("dead") == 1)
        #expect(processed("failed") == 1)
        #expect(metrics.counterTotal(label: "perch_events_published_total") == 26)
        #expect(metrics.counterTotal(label: "perch_relay_positions_given_total") == 26)
        func transactions(_ outcome: String) -> Int64 {
            metrics.counterTotal(
                label: "perch_transactions_total",
                dimensions: [("group", "shipping"), ("outcome", outcome)]
            )
        }
        #expect(transactions("refused") >= 1)
        let committed = transactions("committed")
        #expect(committed > 0)
        let durations = try metrics.expectTimer("perch_transaction_duration_seconds", [("group", "shipping")])
        #expect(durations.values.count == committed)
        #expect(durations.values.allSatisfy { $0 > 0 && $0 < 60_000_000_000 })
        let ages = try metrics.expectTimer("perch_event_age_seconds", [("group", "shipping"), ("topic", "orders")])
        #expect(ages.values.count >= 1 && ages.values.count <= 26)
        #expect(ages.values.allSatisfy { (0..<60_000_000_000).contains($0) })
    }

    @Test func whatIsRecordedIsDescribedWithItsDimensions() async throws {
        let metrics = TestMetrics()
        try await withMetricsFactory(metrics) {
            try await withOrders { system, database in
                try await running(system, workers: 2) {
                    try await database.transaction { tx in try tx.publish(OrderCounted(order: "a", count: 1)) }
                    try await eventually("it took effect") {
                        try await database.query("SELECT key FROM effects") { try $0.decode("key", as: String.self) }
                            == ["a"]
                    }
                }
                let measured = Database(try system.postgres, size: 1, observer: DatabaseMetrics().observe)
                try await measured.transaction { tx in try tx.execute("SELECT 1") }
                await #expect(throws: Refused.self) { try await measured.transaction { _ in throw Refused() } }
                await measured.close()
            }
        }
        let described = Dictionary(MetricDescription.perch.map { ($0.label, $0) }, uniquingKeysWith: { $1 })
        func check(_ label: String, _ dimensions: [(String, String)], _ kind: MetricDescription.Kind) {
            #expect(described[label]?.kind == kind, "\(label)")
            #expect(described[label]?.dimensions == dimensions.map(\.0), "\(label)")
        }
        for counter in metrics.counters { check(counter.label, counter.dimensions, .counter) }
        for timer in metrics.timers { check(timer.label, timer.dimensions, .histogram) }
        for gauge in metrics.recorders { check(gauge.label, gauge.dimensions, .gauge) }
        #expect(metrics.recorders.map(\.label) == ["perch_relay_active"] && metrics.meters.isEmpty)
        let recorded = Set(metrics.counters.map(\.label) + metrics.timers.map(\.label))
        let atScrape = MetricDescription.perch.filter { $0.kind == .gauge }.map(\.label)
        #expect(
            recorded.union(atScrape).union([
                "perch_relay_notices_total", "perch_events_refused_total", "perch_schedule_ticks_total",
                "perch_schedule_lateness_seconds",
            ])
                == Set(described.keys),
            "nothing is described that does not exist"
        )
        let outcomes = try ["committed", "failed"].map { outcome in
            try metrics.expectTimer("perch_database_transaction_duration_seconds", [("outcome", outcome)]).values.count
        }
        #expect(outcomes == [1, 1])
    }
}

struct Refused: Error {}

/// An event of the topic that nobody handles.
struct OrderNoted: Event {
    static let type: EventType = "order_noted"
    static let topic: TopicName = "orders"
    let order: String
    var version: Int { 1 }
    var key: String { order }
}

/// Counts down how many times a handler still refuses.
final class Refusals: Sendable {
    private let left: Mutex<Int>

    init(first count: Int) { left = Mutex(count) }

    func take() -> Bool {
        left.withLock { left in
            left -= 1
            return left >= 0
        }
    }
}

struct RefuseAtFirst: EventHandler {
    let refusals: Refusals

    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        if refusals.take() { throw Refused() }
    }
}
