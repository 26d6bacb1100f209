import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Synchronization
import Testing

/// Failures keep the order of their key, and of no other.
@Suite(.serialized) struct FailureTests {
    enum Handling: CaseIterable { case each, batch, either }

    /// Fast, so that a test sees several attempts.
    private static var policy: RetryPolicy {
        var policy = RetryPolicy()
        policy.firstDelay = .milliseconds(50)
        policy.cap = .milliseconds(100)
        policy.attempts = 1000
        return policy
    }

    private static var dead: FailedEvents.Filter {
        var filter = FailedEvents.Filter()
        filter.states = [.dead]
        return filter
    }

    private func subscription(
        _ handling: Handling,
        _ policy: RetryPolicy = policy,
        _ body: @escaping @Sendable (OrderCounted, borrowing Transaction) throws -> Void
    ) -> Subscription {
        switch handling {
        case .each: Subscription(topic: "orders", handlers: [Asking(body: body)], retryPolicy: policy)
        case .batch: Subscription(topic: "orders", batch: AskingBatch(body: body), retryPolicy: policy)
        case .either:
            Subscription(
                topic: "orders",
                batch: AskingBatch(body: body),
                each: [Asking(body: body)],
                few: 2,
                retryPolicy: policy
            )
        }
    }

    @Test(arguments: Handling.allCases)
    func theLaterEventsOfAFailingKeyAreHeldInOrderAllOthersFlowAndAfterTheMendTheyRunOnce(_ how: Handling) async throws
    {
        try await withOrders { system, database in
            let failing = "order-1"
            let keys = (2..<30).map { "order-\($0)" }
            let mended = Switch()
            let subscription = subscription(how) { event, _ in
                if event.order == failing, event.count == 1, !mended.isOn { throw Failure() }
            }
            try await running(system, subscription) {
                for round in 0..<5 {
                    try await publish(keys + [failing], round, database)
                    try await eventually("the others flow") {
                        try await effects(database).filter { $0.key != failing }.count == keys.count * (round + 1)
                    }
                }
                let states = { try await self.states(database) }
                try await eventually("the later ones are held") {
                    try await states() == ["failed", "held", "held", "held"]
                }
                #expect(try await effects(database).filter { $0.key == failing }.map(\.count) == [0])
                mended.turnOn()
                try await eventually("they have run") { try await states() == [] }
            }
            for key in keys + [failing] {
                #expect(try await effects(database).filter { $0.key == key }.map(\.count) == Array(0..<5), "\(key)")
            }
        }
    }

    @Test(arguments: Handling.allCases)
    func aStatementThatFailsIsBlamedOnItsOwnEvent(_ how: Handling) async throws {
        try await withOrders { system, database in
            var policy = Self.policy
            policy.attempts = 1
            let subscription = subscription(how, policy) { event, tx in
                // Pipelined: it fails long after the handler has returned.
                if event.order == "bad" { try tx.execute("INSERT INTO effects (count) VALUES (1 / \(0))") }
            }
            try await running(system, subscription) {
                try await publish(
                    (0..<20).map { "order-\($0)" } + ["bad"] + (20..<40).map { "order-\($0)" },
                    0,
                    database
                )
                try await eventually("the others have run") { try await effects(database).count == 40 }
                let failed = try await FailedEvents(database, of: "shipping").list()
                #expect(failed.map(\.delivery.subject) == ["bad"])
                #expect(failed.first?.state == .dead)
                #expect(failed.first?.error.contains("22012") == true)
            }
        }
    }

    @Test(arguments: Handling.allCases)
    func whenEverythingFailsNothingIsParkedAndItGoesOnByItself(_ how: Handling) async throws {
        try await withOrders { system, database in
            let mended = Switch()
            let calls = Atomic(0)
            let subscription = subscription(how) { _, _ in
                calls.add(1, ordering: .relaxed)
                if !mended.isOn { throw Failure() }
            }
            let keys = (0..<60).map { "order-\($0)" }
            try await publish(keys, 0, database)
            try await publish(keys, 1, database)
            let relay = try system.relay(owner: "shop")
            let relaying = Task { try await relay.run() }
            try await eventually("all is in the streams") {
                try (0..<4).reduce(0) { $0 + (Int(try system.redis.cli("XLEN", "orders:\($1)")) ?? 0) } == 120
            }
            relaying.cancel()
            try await relaying.value
            try await running(system, subscription) {
                try await eventually("it was tried again and again") { calls.load(ordering: .relaxed) > 120 }
                #expect(try await states(database) == [])
                #expect(try await effects(database).isEmpty)
                mended.turnOn()
                try await eventually("it goes on") { try await effects(database).count == 120 }
            }
            for key in keys { #expect(try await effects(database).filter { $0.key == key }.map(\.count) == [0, 1]) }
        }
    }

    @Test(arguments: Handling.allCases)
    func aHandlerCanWaitRejectSkipAndRetryLater(_ how: Handling) async throws {
        try await withOrders { system, database in
            let arrived = Switch()
            var policy = Self.policy
            policy.attempts = 2
            let subscription = subscription(how, policy) { event, _ in
                switch event.order {
                case "waits" where !arrived.isOn:
                    throw HandlerVerdict.wait("waits for its user", retryAfter: .milliseconds(20))
                case "rejected": throw HandlerVerdict.reject("never was an order")
                case "skipped": throw HandlerVerdict.skip("nothing to do")
                case "later": throw HandlerVerdict.retry(after: .seconds(3600), "the shop is closed")
                default: break
                }
            }
            try await running(system, subscription) {
                try await publish(["waits", "rejected", "skipped", "later", "good"], 0, database)
                let failed = FailedEvents(database, of: "shipping")
                try await eventually("it waits more often than it may fail") {
                    try await failed.list().contains { $0.delivery.subject == "waits" && $0.waits > 5 }
                }
                let found = Dictionary(uniqueKeysWithValues: try await failed.list().map { ($0.delivery.subject, $0) })
                #expect(Set(found.keys) == ["waits", "rejected", "later"])
                #expect(found["waits"]?.attempts == 0 && found["waits"]?.state == .failed)
                #expect(found["rejected"]?.state == .dead && found["rejected"]?.error == "never was an order")
                let next = try #require(found["later"]?.nextAttempt)
                #expect(next.milliseconds > Timestamp.now.milliseconds + 3_500_000)
                arrived.turnOn()
                try await eventually("what it waited for has come") {
                    try await effects(database).map(\.key).sorted() == ["good", "waits"]
                }
            }
        }
    }

    @Test(arguments: Handling.allCases)
    func anEventAtWhichTheConnectionIsLostAgainAndAgainIsParkedAndTheOthersFlow(_ how: Handling) async throws {
        try await withOrders { system, database in
            var policy = Self.policy
            policy.attempts = 1
            let subscription = subscription(how, policy) { event, tx in
                if event.order == "bad" { try tx.execute("SELECT pg_terminate_backend(pg_backend_pid())") }
            }
            try await publish((0..<20).map { "order-\($0)" } + ["bad"] + (20..<40).map { "order-\($0)" }, 0, database)
            try await running(system, subscription) {
                try await eventually("the others have run") { try await effects(database).count == 40 }
                try await eventually("it is dead") { try await states(database) == ["dead"] }
                let error = try await FailedEvents(database, of: "shipping").list().first?.error
                #expect(error?.contains("connection to Postgres was lost 3 times") == true)
            }
        }
    }

    @Test func deadLettersRetriedTwiceAtTheSameTimeTakeEffectOnce() async throws {
        try await withOrders { system, database in
            let mended = Switch()
            var policy = Self.policy
            policy.attempts = 2
            let subscription = subscription(.each, policy) { event, _ in
                if event.order.hasPrefix("bad"), !mended.isOn { throw Failure() }
            }
            try await running(system, subscription) {
                let bad = (0..<4).map { "bad-\($0)" }
                try await publish(bad + (0..<40).map { "good-\($0)" }, 0, database)
                try await publish(bad, 1, database)
                let failed = FailedEvents(database, of: "shipping")
                let dead = Self.dead
                try await eventually("all of them are dead") { try await failed.count(filter: dead) == 4 }
                #expect(try await failed.count() == 8)
                mended.turnOn()
                async let first = failed.retry(filter: dead, by: "ann")
                async let second = failed.retry(filter: dead, by: "bob")
                let counts = try await [first.count, second.count]
                #expect(counts.reduce(0, +) == 4)
                try await eventually("all have run") { try await failed.count() == 0 }
                let effects = try await effects(database)
                for key in bad { #expect(effects.filter { $0.key == key }.map(\.count) == [0, 1]) }
                #expect(effects.count == 48)
            }
            let recorded = try await database.query("SELECT action, details->>'count' AS n FROM perch.operations") {
                (try $0.decode("action", as: String.self), try $0.decode("n", as: String.self))
            }
            #expect(recorded.allSatisfy { $0.0 == "retry_failed" })
            #expect(recorded.compactMap { Int($0.1) }.reduce(0, +) == 4)
        }
    }

    @Test func aCorrectedPayloadIsRetriedAndTheOriginalKept() async throws {
        try await withOrders { system, database in
            try await running(system, subscription(.each) { _, _ in }) {
                try await database.execute(
                    "INSERT INTO perch.outbox (topic, type, key, data) VALUES ('orders', 'order_counted', 'a', '{\"order\": 7}')"
                )
                try await publish(["a"], 2, database)
                let failed = FailedEvents(database, of: "shipping")
                try await eventually("it is dead, and the next one held") { try await failed.count() == 2 }
                let id = try #require(try await failed.list().first?.id)
                await #expect(throws: InvalidPayload.self) {
                    try await failed.retry(id: id, payload: [0x5B, 0x5D], by: "ann")
                }
                let data = Array(#"{"order": "a", "count": 1}"#.utf8)
                #expect(try await failed.retry(id: id, payload: data, by: "ann") == .done)
                try await eventually("both have run, in order") {
                    try await effects(database).map(\.count) == [1, 2]
                }
                #expect(try await failed.retry(id: id, payload: data, by: "ann") == .gone)
            }
            let details = try await database.query(
                "SELECT convert_from(decode(details->>'original_payload', 'base64'), 'UTF8') AS d FROM perch.operations"
            ) { try $0.decode("d", as: String.self) }
            #expect(details == [#"{"order": 7}"#])
        }
    }

    @Test func anEventThatEndsItsProcessIsADeadLetterAfterItsAttemptsAndThePoolLives() async throws {
        try await withOrders { system, database in
            try await publish(
                (0..<30).map { "order-\($0)" } + ["poison"] + (30..<60).map { "order-\($0)" },
                0,
                database
            )
            try await publish(["poison", "order-1"], 1, database)
            let relay = try system.relay(owner: "shop")
            let relaying = Task { try await relay.run() }
            var deaths = 0
            var process = try start(system)
            try await eventually("it is a dead letter and all others have run") {
                if !process.isRunning {
                    deaths += 1
                    process = try start(system)
                }
                let handled = try await effects(database).count
                return try await states(database) == ["dead", "held"] && handled == 61
            }
            #expect(process.isRunning, "the pool lives")
            #expect((2...4).contains(deaths), "two counted attempts, and those before the first takeover: \(deaths)")
            process.terminate()
            process.waitUntilExit()
            relaying.cancel()
            try await relaying.value
            let error = try await FailedEvents(database, of: "shipping").list().first?.error
            #expect(error == "its handler ended the process 2 times")
        }
    }

    private func start(_ system: TestSystem) throws -> Process {
        let process = try killingWorker()
        process.arguments = [system.redis.url, system.databaseURL]
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    // MARK: Helpers

    private func publish(_ keys: [String], _ count: Int, _ database: Database) async throws {
        try await database.transaction { tx in
            try tx.publish(keys.map { Publication(OrderCounted(order: $0, count: count)) })
        }
    }

    private func states(_ database: Database) async throws -> [String] {
        try await database.query("SELECT state FROM perch.failed_events ORDER BY topic, partition, position") {
            try $0.decode("state", as: String.self)
        }
    }

    private func effects(_ database: Database) async throws -> [(key: String, count: Int)] {
        try await database.query("SELECT key, count FROM effects ORDER BY sequence") {
            (key: try $0.decode("key", as: String.self), count: try $0.decode("count", as: Int.self))
        }
    }
}

private struct Failure: Error {}

/// Asks the test what is to happen, and writes the event down.
private struct Asking: EventHandler {
    let body: @Sendable (OrderCounted, borrowing Transaction) throws -> Void

    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        // Before, too: what a failing handler has written must be undone.
        try WriteDown().handle(event, delivery, in: tx)
        try body(event, tx)
    }
}

private struct AskingBatch: BatchHandler {
    let types = [OrderCounted.type]
    let body: @Sendable (OrderCounted, borrowing Transaction) throws -> Void

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
        for delivery in batch {
            let event = try delivery.decode(OrderCounted.self)
            try WriteDown().handle(event, delivery, in: tx)
            try body(event, tx)
        }
    }
}

private final class Switch: Sendable {
    private let flag = Atomic(false)
    var isOn: Bool { flag.load(ordering: .acquiring) }
    func turnOn() { flag.store(true, ordering: .releasing) }
}
