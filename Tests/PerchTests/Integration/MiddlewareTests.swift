import LocalServers
import Perch
import PerchTesting
import Postgres
import Synchronization
import Testing

/// What stands around the handlers of a group.
@Suite struct MiddlewareTests {
    private let log = CallLog()

    private func group(_ subscription: Subscription, _ middleware: [any HandlerMiddleware]) -> ConsumerGroup {
        ConsumerGroup(name: "shipping", subscriptions: [subscription], middleware: middleware)
    }

    private func event(_ count: Int) throws -> Delivery {
        Delivery(
            partition: Partition("orders", 0),
            entryID: EntryID(milliseconds: 1, position: Position(count)),
            envelope: Envelope(
                id: .v7(),
                source: "shop",
                type: OrderCounted.type,
                version: 1,
                subject: "one",
                time: .now,
                data: try EventCoding.encode(OrderCounted(order: "one", count: count))
            )
        )
    }

    @Test func theFirstIsOutermostAndTheHandlerWithinAll() async throws {
        try await withOrders { system, database in
            let subscription = Subscription(topic: "orders", handlers: [Logged(log: log)])
            let harness = HandlerHarness(
                group: group(subscription, [Named(name: "a", log: log), Named(name: "b", log: log)]),
                connection: try PostgresConnection(system.postgres)
            )
            try harness.deliver([event(1)])
            #expect(log.lines == ["a begins", "b begins", "handler", "b ends", "a ends"])
        }
    }

    @Test func whatItSetsInTheTransactionTheHandlerSees() async throws {
        try await withOrders { system, database in
            let subscription = Subscription(topic: "orders", handlers: [TenantWritten()])
            let harness = HandlerHarness(
                group: group(subscription, [Tenant()]),
                connection: try PostgresConnection(system.postgres)
            )
            try harness.deliver([event(1)])
            let keys = try await database.query("SELECT key FROM effects") { try $0.decode("key", as: String.self) }
            #expect(keys == ["tenant one"])
        }
    }

    @Test func itsErrorIsTheEventsAndUndoesWhatTheHandlerWrote() async throws {
        try await withOrders { system, database in
            let subscription = Subscription(topic: "orders", handlers: [WriteDown()])
            let harness = HandlerHarness(
                group: group(subscription, [Rejecting()]),
                connection: try PostgresConnection(system.postgres)
            )
            let first = try event(1)
            guard case .refused(let blamed, let error) = try harness.round([[first]]) else {
                Issue.record("it is refused")
                return
            }
            #expect(blamed == first)
            #expect((error as? HandlerVerdict)?.reason == "after the handler")
            let count = try await database.query("SELECT count(*) AS n FROM effects") {
                try $0.decode("n", as: Int.self)
            }
            #expect(count == [0])
        }
    }

    @Test func itStandsAroundABatchToo() async throws {
        try await withOrders { system, database in
            let subscription = Subscription(topic: "orders", batch: LoggedBatch(log: log))
            let harness = HandlerHarness(
                group: group(subscription, [Named(name: "a", log: log)]),
                connection: try PostgresConnection(system.postgres)
            )
            try harness.deliver([event(1), event(2)])
            #expect(log.lines == ["a begins with 2", "batch of 2", "a ends"])
        }
    }
}

private final class CallLog: Sendable {
    private let state = Mutex<[String]>([])
    var lines: [String] { state.withLock { $0 } }
    func add(_ line: String) { state.withLock { $0.append(line) } }
}

private struct Logged: EventHandler {
    let log: CallLog

    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws { log.add("handler") }
}

private struct LoggedBatch: BatchHandler {
    let log: CallLog
    let types = [OrderCounted.type]

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws { log.add("batch of \(batch.count)") }
}

private struct Named: HandlerMiddleware {
    let name: String
    let log: CallLog

    func handle(
        _ delivery: Delivery,
        in tx: borrowing Transaction,
        next: (borrowing Transaction) throws -> Void
    ) throws {
        log.add("\(name) begins")
        try next(tx)
        log.add("\(name) ends")
    }

    func handle(
        _ batch: [Delivery],
        in tx: borrowing Transaction,
        next: (borrowing Transaction) throws -> Void
    ) throws {
        log.add("\(name) begins with \(batch.count)")
        try next(tx)
        log.add("\(name) ends")
    }
}

/// As for row level security.
private struct Tenant: HandlerMiddleware {
    func handle(
        _ delivery: Delivery,
        in tx: borrowing Transaction,
        next: (borrowing Transaction) throws -> Void
    ) throws {
        try tx.execute("SELECT set_config('app.tenant', \("tenant " + delivery.subject), true)")
        try next(tx)
    }

    func handle(_ batch: [Delivery], in tx: borrowing Transaction, next: (borrowing Transaction) throws -> Void) throws
    {
        try next(tx)
    }
}

private struct TenantWritten: EventHandler {
    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        try tx.execute(
            "INSERT INTO effects (event_id, key, count) VALUES (\(delivery.id), current_setting('app.tenant'), 0)"
        )
    }
}

private struct Rejecting: HandlerMiddleware {
    func handle(
        _ delivery: Delivery,
        in tx: borrowing Transaction,
        next: (borrowing Transaction) throws -> Void
    ) throws {
        try next(tx)
        throw HandlerVerdict.retry(after: .seconds(60), "after the handler")
    }

    func handle(_ batch: [Delivery], in tx: borrowing Transaction, next: (borrowing Transaction) throws -> Void) throws
    {
        try next(tx)
    }
}
