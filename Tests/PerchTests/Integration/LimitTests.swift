import Foundation
import LocalServers
import Perch
import PerchTesting
import Postgres
import Synchronization
import Testing

/// Limits over all workers of a group, on the real servers.
@Suite(.serialized, .timeLimit(.minutes(30))) struct LimitTests {
    @Test func inNoTimeAreMoreEventsBegunThanTheRateAllows() async throws {
        let limit = WorkLimit("bank", perSecond: 60, burst: 10)
        try await withOrders { system, database in
            try await publish(180, database)
            try await twoPools(system, Subscription(topic: "orders", handlers: [Timed(sleep: 0)], limit: limit)) {
                try await eventually("all are handled") { try await count(database) == 180 }
            }
            let times = try await database.query(
                "SELECT extract(epoch FROM began)::float8 AS t FROM timed ORDER BY began"
            ) {
                try $0.decode("t", as: Double.self)
            }
            expectRate(60, burst: 10, of: times)
        }
    }

    @Test(arguments: [1, 2])
    func noMoreWorkersAreWithinHandlersThanThereAreSlots(slots: Int) async throws {
        let limit = WorkLimit("bank", atATime: slots)
        try await withOrders { system, database in
            try await publish(120, database)
            let subscription = Subscription(topic: "orders", handlers: [Timed(sleep: 0.01)], limit: limit)
            try await twoPools(system, subscription) {
                try await eventually("all are handled") { try await count(database) == 120 }
            }
            // When one begins, how many are at it.
            let busiest = try await database.query(
                """
                SELECT max((SELECT count(*) FROM timed o WHERE o.began <= t.began AND o.ended > t.began))::bigint AS n
                FROM timed t
                """
            ) { try $0.decode("n", as: Int.self) }
            let most = try #require(busiest.first)
            #expect(most >= 1 && most <= slots, "\(most) at a time")
            #expect(try await failures(database) == 0, "what waits has not failed")
        }
    }

    /// Who was told to wait asks again when that is over: only if somebody else was faster meanwhile is it told so once more.
    @Test func whoWaitsForARateDoesNotAskAgainAndAgain() async throws {
        let limit = WorkLimit("bank", perSecond: 10, burst: 5)
        try await withOrders { system, database in
            try await publish(30, database)
            try PostgresConnection(try system.postgres).executeScript(Self.notingQuestions)
            try await twoPools(system, Subscription(topic: "orders", handlers: [Timed(sleep: 0)], limit: limit)) {
                try await eventually("all are handled") { try await count(database) == 30 }
            }
            let grants = try await number("SELECT count(*) AS n FROM asked WHERE allowed > 0", database)
            let mostRefused = try await number(
                "SELECT max(n) AS n FROM (SELECT count(*) AS n FROM asked WHERE is_refused GROUP BY worker) AS each",
                database
            )
            #expect(mostRefused > 0, "somebody has waited")
            #expect(mostRefused <= grants + 1, "one worker was refused \(mostRefused) times beside \(grants) grants")
        }
    }

    /// The function of the product, with a note of each call.
    private static let notingQuestions = """
        CREATE TABLE asked (worker int, allowed int, is_refused boolean);
        CREATE SCHEMA product;
        ALTER FUNCTION perch.ask_limit(text, text, float8, int, int, int, int) SET SCHEMA product;
        CREATE FUNCTION perch.ask_limit(
            of_group text, of_limit text, per_second float8, burst int, at_a_time int, wanted int, unused int,
            OUT allowed int, OUT wait_seconds float8, OUT has_free_slot boolean
        ) LANGUAGE plpgsql AS $$
        BEGIN
            SELECT * INTO allowed, wait_seconds, has_free_slot
            FROM product.ask_limit(of_group, of_limit, per_second, burst, at_a_time, wanted, unused);
            INSERT INTO asked VALUES (pg_backend_pid(), allowed, has_free_slot AND wanted > 0 AND allowed = 0);
        END $$
        """

    /// Failed events are tried again under the same limit, and each try counts.
    @Test func retriesCountToo() async throws {
        let limit = WorkLimit("bank", perSecond: 40, burst: 5, atATime: 1)
        let tries = Tries()
        try await withOrders { system, database in
            try await publish(60, database)
            var policy = RetryPolicy()
            policy.firstDelay = .milliseconds(20)
            policy.cap = .milliseconds(40)
            let subscription = Subscription(
                topic: "orders",
                handlers: [Timed(sleep: 0, failsAtFirst: true, tries: tries)],
                retryPolicy: policy,
                limit: limit
            )
            _ = try await database.execute("CREATE SEQUENCE tries")
            try await twoPools(system, subscription) {
                try await eventually("all are handled") { try await count(database) == 60 }
            }
            #expect(try await failures(database) == 0)
            let times = tries.times
            #expect(times.count > 60, "some were tried again")
            expectRate(40, burst: 5, of: times)
        }
    }

    /// Whatever becomes of the process that has it.
    @Test(arguments: [SIGKILL, SIGSTOP])
    func theSlotOfAProcessThatIsGoneIsFreeAgain(signal: Int32) async throws {
        try await withOrders { system, database in
            let relay = try system.relay(owner: "shop")
            let relaying = Task { try await relay.run() }
            let process = try killingWorker()
            process.arguments = [system.redis.url, system.databaseURL, "", "critical", "60"]
            try process.run()
            try await database.transaction { tx in try tx.publish(OrderCounted(order: "hang", count: 0)) }
            try await eventually("its handler hangs, and has the slot") { try await freeSlots(database) == 0 }
            try await publish(20, database, creates: false)
            kill(process.processIdentifier, signal)
            let subscription = Subscription(
                topic: "orders",
                handlers: [WriteDown()],
                limit: WorkLimit("one", atATime: 1)
            )
            let pool = try system.pool(ConsumerGroup(name: "shipping", subscriptions: [subscription]))
            let running = Task { try await pool.run() }
            try await eventually("another handles all") {
                try await number("SELECT count(*) AS n FROM effects", database) == 21
            }
            kill(process.processIdentifier, SIGKILL)
            running.cancel()
            relaying.cancel()
            try await running.value
            try await relaying.value
        }
    }

    @Test func whatALimitSaysIsWrittenDownForTools() async throws {
        let limit = WorkLimit("bank", perSecond: 0.5, burst: 3, atATime: 2)
        try await withOrders { system, database in
            let subscription = Subscription(topic: "orders", handlers: [WriteDown()], limit: limit)
            try await running(system, subscription) {
                try await eventually("it is declared") {
                    try await number("SELECT count(*) AS n FROM perch.limit_slots", database) == 2
                }
                try await publish(8, database, creates: false)
                try await eventually("it waits") {
                    try await number(
                        "SELECT count(*) AS n FROM perch.limits WHERE waited_until > clock_timestamp()",
                        database
                    ) == 1
                }
            }
            #expect(
                try await number("SELECT count(*) AS n FROM perch.subscriptions WHERE limit_name = 'bank'", database)
                    == 1
            )
        }
    }

    @Test func aLimitThatCannotBeIsRefused() async throws {
        try await withOrders { system, _ in
            for limit in [
                WorkLimit("a", perSecond: 0), WorkLimit("a", perSecond: .nan), WorkLimit("a", perSecond: .infinity),
                WorkLimit("a", perSecond: 1, burst: 0), WorkLimit("a", atATime: 0),
            ] {
                let subscription = Subscription(topic: "orders", handlers: [WriteDown()], limit: limit)
                #expect(throws: InvalidSetting.self) {
                    try system.pool(ConsumerGroup(name: "shipping", subscriptions: [subscription]))
                }
            }
        }
    }

    // MARK: Helpers

    /// In no time were more begun than a rate allows. Seconds, in order.
    private func expectRate(_ rate: Double, burst: Double, of times: [Double]) {
        for (first, start) in times.enumerated() {
            for (last, end) in times.enumerated().dropFirst(first) {
                let most = rate * (end - start + 1) + burst
                guard Double(last - first + 1) > most else { continue }
                Issue.record("\(last - first + 1) events within \(end - start) s")
                return
            }
        }
    }

    private func publish(_ count: Int, _ database: Database, creates: Bool = true) async throws {
        if creates {
            _ = try await database.execute(
                "CREATE TABLE timed (event_id uuid, began timestamptz, ended timestamptz, worker int)"
            )
        }
        try await database.transaction { tx in
            try tx.publish((0..<count).map { Publication(OrderCounted(order: "order-\($0 % 17)", count: $0)) })
        }
    }

    private func twoPools(
        _ system: TestSystem,
        _ subscription: Subscription,
        _ body: () async throws -> Void
    ) async throws {
        var settings = WorkerPool.Settings()
        settings.workers = 2
        let second = try system.pool(
            ConsumerGroup(name: "shipping", subscriptions: [subscription]),
            settings: settings
        )
        let going = Task { try await second.run() }
        try await running(system, subscription, settings, body)
        going.cancel()
        try await going.value
    }

    private func count(_ database: Database) async throws -> Int {
        try await number("SELECT count(*) AS n FROM timed", database)
    }

    private func failures(_ database: Database) async throws -> Int {
        try await number("SELECT count(*) AS n FROM perch.failed_events", database)
    }

    private func freeSlots(_ database: Database) async throws -> Int {
        let isDeclared = try await number("SELECT count(*) AS n FROM perch.limit_slots", database) > 0
        guard isDeclared else { return 1 }
        return try await number(
            "SELECT count(*) AS n FROM (SELECT FROM perch.limit_slots FOR UPDATE SKIP LOCKED) AS free",
            database
        )
    }

    private func number(_ sql: SQL, _ database: Database) async throws -> Int {
        try await database.query(sql) { try $0.decode("n", as: Int.self) }.first ?? 0
    }
}

/// When handlers were called, also where nothing of it was committed.
private final class Tries: Sendable {
    private let start = ContinuousClock.now
    private let noted = Mutex<[Double]>([])

    /// Seconds, in order.
    var times: [Double] { noted.withLock { $0.sorted() } }

    func add() {
        let time = start.duration(to: .now) / .seconds(1)
        noted.withLock { $0.append(time) }
    }
}

/// Writes down when it began and ended, by the database's clock.
private struct Timed: EventHandler {
    let sleep: Double
    /// Every third try fails.
    var failsAtFirst = false
    var tries: Tries?

    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        tries?.add()
        let began = try tx.query("SELECT clock_timestamp()::text AS t") { try $0.decode("t", as: String.self) }[0]
        if failsAtFirst {
            let tries = try tx.query("SELECT nextval('tries') AS n") { try $0.decode("n", as: Int.self) }[0]
            if tries % 3 == 0 { throw HandlerVerdict.retry(after: .milliseconds(20), "every third") }
        }
        if sleep > 0 { _ = try tx.query("SELECT pg_sleep(\(sleep))::text AS s") { _ in } }
        _ = try tx.query(
            """
            INSERT INTO timed VALUES (\(delivery.id), \(began)::timestamptz, clock_timestamp(), pg_backend_pid())
            RETURNING worker
            """
        ) { _ in }
    }
}
