import Foundation
import LocalServers
import Perch
import PerchTesting
import Postgres
import Testing

/// A process that is told to stop ends by its deadline, whatever its handlers do.
@Suite(.serialized, .timeLimit(.minutes(30))) struct StopDeadlineTests {
    @Test func aHandlerThatHangsDoesNotKeepItsProcessAndNothingIsLost() async throws {
        try await withOrders { system, database in
            let relay = try system.relay(owner: "shop")
            let relaying = Task { try await relay.run() }
            let process = try killingWorker()
            process.arguments = [system.redis.url, system.databaseURL, "", "critical", "3"]
            process.standardError = FileHandle.nullDevice
            try process.run()
            try await database.transaction { tx in
                try tx.publish(
                    (0..<20).map { Publication(OrderCounted(order: $0 == 10 ? "hang" : "order-\($0)", count: $0)) }
                )
            }
            try await eventually("its handler hangs") {
                try await number(
                    """
                    SELECT count(*) AS n FROM pg_stat_activity
                    WHERE datname = current_database() AND state = 'idle in transaction'
                        AND clock_timestamp() - state_change > interval '0.5 seconds'
                    """,
                    database
                ) > 0
            }
            process.terminate()
            try await eventually("the process has ended") { !process.isRunning }
            #expect(process.terminationReason == .uncaughtSignal, "by a trap: it did not stop in good order")

            let subscription = Subscription(topic: "orders", handlers: [WriteDown()])
            let pool = try system.pool(ConsumerGroup(name: "shipping", subscriptions: [subscription]))
            let running = Task { try await pool.run() }
            try await eventually("the next owner handles all that was not committed") {
                try await number("SELECT count(*) AS n FROM effects", database) == 20
            }
            running.cancel()
            relaying.cancel()
            try await running.value
            try await relaying.value
            #expect(
                try await number("SELECT count(DISTINCT event_id) AS n FROM effects", database) == 20,
                "each takes effect once"
            )
        }
    }

    private func number(_ sql: SQL, _ database: Database) async throws -> Int {
        try await database.query(sql) { try $0.decode("n", as: Int.self) }.first ?? 0
    }
}
