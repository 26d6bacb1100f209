import LocalServers
import Perch
import PerchTesting
import Postgres
import Testing

/// Who works, or has nothing to do, gets on; who is stuck does not.
@Suite(.serialized) struct ProgressTests {
    @Test func idleWorkersAndRelaysGetOn() async throws {
        // Three workers share two partitions: one holds nothing.
        let two = TopicContract(
            name: "orders",
            owner: "shop",
            key: "order",
            partitions: 2,
            groups: ["shipping"],
            events: []
        )
        try await withOrders(two) { system, _ in
            var settings = WorkerPool.Settings()
            settings.workers = 3
            let relay = try system.relay(owner: "shop")
            let pool = try system.pool(shipping, settings: settings)
            #expect(pool.progress.map(\.name) == ["worker-1", "worker-2", "worker-3"])
            let marks = pool.progress + [relay.progress]
            try await whileRunning(relay, pool) {
                let clock = ContinuousClock()
                let start = clock.now
                // Looked at when each must have got on since it was made.
                try await eventually("all have got on lately, after more than three seconds of nothing to do") {
                    clock.now - start > .seconds(3) && marks.allSatisfy { $0.age < .seconds(2) }
                }
            }
        }
    }

    @Test func withoutRedisNobodyGetsOnUntilItIsBack() async throws {
        try await stuck { redis, _ in
            redis.kill()
        } back: { redis, _ in
            try redis.start()
        }
    }

    @Test func aRedisThatIsFrozenIsNoProgress() async throws {
        try await stuck { redis, _ in
            redis.pause()
        } back: { redis, _ in
            redis.resume()
        }
    }

    @Test func aRedisThatTakesNothingIsNoProgressOfTheRelay() async throws {
        try await withOrders { system, database in
            let relay = try system.relay(owner: "shop")
            let pool = try system.pool(shipping)
            try await whileRunning(relay, pool) {
                try await database.transaction { tx in
                    try tx.publish((0..<40).map { Publication(OrderCounted(order: "\($0)", count: 1)) })
                }
                // All groups are made: a full Redis would refuse that.
                try await eventually("both run, on all partitions") {
                    try await database.query("SELECT count(*) AS n FROM perch.checkpoints WHERE position > 0") {
                        try $0.decode("n", as: Int.self)
                    } == [4]
                }
                _ = try system.redis.cli("CONFIG", "SET", "maxmemory", "1")
                try await database.transaction { tx in try tx.publish(OrderCounted(order: "a", count: 1)) }
                try await eventually("the relay does not get on; the worker has nothing to do, and knows it") {
                    relay.progress.age > .seconds(3) && pool.progress[0].age < .seconds(3)
                }
                _ = try system.redis.cli("CONFIG", "SET", "maxmemory", "0")
                try await eventually("it gets on again") { relay.progress.age < .milliseconds(500) }
            }
        }
    }

    @Test func withoutPostgresNobodyGetsOnUntilItIsBack() async throws {
        try await stuck { _, postgres in
            postgres.kill()
        } back: { _, postgres in
            try postgres.restart()
        }
    }

    @Test func aHandlerThatIsStuckIsNoProgress() async throws {
        try await withOrders { system, database in
            let relay = try system.relay(owner: "shop")
            let pool = try system.pool(shipping)
            try await whileRunning(relay, pool) {
                try await database.transaction { tx in
                    // Held by this transaction until the body is over; the handler's INSERT waits for it.
                    try tx.execute("LOCK TABLE effects IN ACCESS EXCLUSIVE MODE")
                    try tx.flush()
                    let other = try PostgresConnection(try system.postgres)
                    try other.transaction { try $0.publish(OrderCounted(order: "a", count: 1)) }
                    // The worker is stuck, the relay is not.
                    while pool.progress[0].age < .seconds(2) || relay.progress.age > .seconds(2) {
                        _ = try tx.query("SELECT pg_sleep(0.02)::text AS slept") { _ in }
                    }
                }
                try await eventually("it goes on") { pool.progress[0].age < .seconds(1) }
            }
        }
    }

    private let shipping = ConsumerGroup(
        name: "shipping",
        subscriptions: [Subscription(topic: "orders", handlers: [WriteDown()])]
    )

    private func stuck(
        _ away: (LocalRedis, LocalPostgres) -> Void,
        back: (LocalRedis, LocalPostgres) throws -> Void
    ) async throws {
        try await withLocalServers { redis, postgres in
            let system = try TestSystem(
                contract: Contract(topics: [orders]),
                owner: "shop",
                redis: redis,
                databaseURL: try postgres.createDatabase()
            )
            let relay = try system.relay(owner: "shop")
            let pool = try system.pool(shipping)
            let marks = pool.progress + [relay.progress]
            try await whileRunning(relay, pool) {
                try await eventually("both have got on") { marks.allSatisfy { $0.age < .milliseconds(900) } }
                away(redis, postgres)
                try await eventually("nobody has got on for three seconds") {
                    marks.allSatisfy { $0.age > .seconds(3) }
                }
                try back(redis, postgres)
                try await eventually("both get on again") { marks.allSatisfy { $0.age < .milliseconds(900) } }
            }
        }
    }

    private func whileRunning(_ relay: OutboxRelay, _ pool: WorkerPool, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await relay.run() }
            tasks.addTask { try await pool.run() }
            try await body()
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    }
}
