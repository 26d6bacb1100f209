import Foundation
import LocalServers
import PerchTesting
import Postgres
import Synchronization
import Testing

@testable import Perch

/// A program that is to stop begins nothing more, commits what it has, and gives back what it holds.
@Suite(.serialized, .timeLimit(.minutes(30))) struct StoppingTests {
    /// Redis is frozen, so that an answer to the read in which the worker waits for work cannot come.
    @Test func anIdleWorkerDoesNotWaitForTheEndOfItsRead() async throws {
        try await withOrders { system, database in
            let pool = try system.pool(group([WriteDown()]))
            let running = Task { try await pool.run() }
            try await eventually("all partitions are held") { try await owned(database) == 4 }
            try await eventually("it waits for work") {
                try system.redis.cli("CLIENT", "LIST").contains("cmd=xreadgroup")
            }
            system.redis.pause()
            running.cancel()
            try await running.value
            #expect(try await owned(database) == 0, "its leases are given back: it did not lose them to a timeout")
            system.redis.resume()
        }
    }

    @Test func aWorkerThatIsToStopFinishesTheEventAtHandAndCommitsWhatItHas() async throws {
        try await withOrders { system, database in
            let relay = try system.relay(owner: "shop")
            let relaying = Task { try await relay.run() }
            try await database.transaction { tx in
                try tx.publish((0..<60).map { Publication(OrderCounted(order: "one", count: $0)) })
            }
            try await eventually("all are in the stream") {
                try await number("SELECT count(*) AS n FROM perch.log", database) == 60
            }
            let gate = HandlerGate(closedAt: 3)
            let pool = try system.pool(group([Gated(gate: gate)]))
            let running = Task { try await pool.run() }
            try await eventually("it is at its third event") { gate.entered == 3 }
            running.cancel()
            gate.open()
            try await running.value
            #expect(gate.entered == 3, "no other was begun")
            #expect(
                try await number("SELECT count(*) AS n FROM effects", database) == 3,
                "what was handled is committed"
            )
            #expect(try await number("SELECT sum(position)::bigint AS n FROM perch.checkpoints", database) == 3)
            #expect(try await owned(database) == 0)

            let next = try system.pool(group([WriteDown()]))
            let going = Task { try await next.run() }
            try await eventually("the next owner goes on behind it") {
                try await number("SELECT count(*) AS n FROM effects", database) == 60
            }
            going.cancel()
            relaying.cancel()
            try await going.value
            try await relaying.value
            let counts = try await database.query("SELECT count FROM effects ORDER BY sequence") {
                try $0.decode("count", as: Int.self)
            }
            #expect(counts == Array(0..<60), "each once and in order")
        }
    }

    @Test func aStatementThatDoesNotEndIsCutOffAfterTheDrain() async throws {
        try await withOrders { system, database in
            let relay = try system.relay(owner: "shop")
            let relaying = Task { try await relay.run() }
            try await database.transaction { tx in try tx.publish(OrderCounted(order: "one", count: 1)) }
            var settings = WorkerPool.Settings()
            settings.drain = .milliseconds(200)
            let pool = try system.pool(group([Sleeping()]), settings: settings)
            let running = Task { try await pool.run() }
            try await eventually("the handler waits for its statement") {
                try await number("SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event = 'PgSleep'", database)
                    > 0
            }
            running.cancel()
            // The statement would take a day.
            try await running.value
            #expect(try await number("SELECT count(*) AS n FROM effects", database) == 0)
            relaying.cancel()
            try await relaying.value
        }
    }

    @Test func aProgramWhoseOutputNobodyReadsEnds() async throws {
        try await withOrders { system, _ in
            let process = try killingWorker()
            let program = try #require(process.executableURL)
            process.arguments = [system.redis.url, system.databaseURL, "", "trace"]
            #if os(Linux)
                // What this process ignores its children would ignore too, and other tests here have it ignore SIGPIPE.
                process.executableURL = URL(filePath: "/usr/bin/env")
                process.arguments = ["--default-signal=PIPE", program.path] + (process.arguments ?? [])
            #endif
            let output = Pipe()
            process.standardError = output
            try process.run()
            // As `head -1` does: it reads a line and goes.
            #expect(output.fileHandleForReading.availableData.isEmpty == false)
            try output.fileHandleForReading.close()
            try output.fileHandleForWriting.close()
            // Something to tell: its connections are lost.
            system.redis.kill()
            process.waitUntilExit()
            #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGPIPE)
            try system.redis.start()
        }
    }

    // MARK: Helpers

    private func group(_ handlers: [any EventHandler]) -> ConsumerGroup {
        ConsumerGroup(name: "shipping", subscriptions: [Subscription(topic: "orders", handlers: handlers)])
    }

    private func owned(_ database: Database) async throws -> Int {
        try await number("SELECT count(*) AS n FROM perch.leases WHERE owner IS NOT NULL", database)
    }

    private func number(_ sql: SQL, _ database: Database) async throws -> Int {
        try await database.query(sql) { try $0.decode("n", as: Int.self) }.first ?? 0
    }
}

/// Lets handlers pass until one, which waits.
private final class HandlerGate: Sendable {
    private let number: Int
    private let count = Atomic(0)
    private let isOpen = Atomic(false)

    init(closedAt number: Int) { self.number = number }

    var entered: Int { count.load(ordering: .acquiring) }

    func open() { isOpen.store(true, ordering: .releasing) }

    func pass() {
        guard count.add(1, ordering: .acquiringAndReleasing).newValue == number else { return }
        while !isOpen.load(ordering: .acquiring) { sched_yield() }
    }
}

private struct Gated: EventHandler {
    let gate: HandlerGate

    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        gate.pass()
        try WriteDown().handle(event, delivery, in: tx)
    }
}

private struct Sleeping: EventHandler {
    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        try WriteDown().handle(event, delivery, in: tx)
        _ = try tx.query("SELECT pg_sleep(86400)::text") { _ in }
    }
}
