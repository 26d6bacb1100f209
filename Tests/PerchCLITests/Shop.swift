import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Redis

@testable import PerchCLI

/// A small system to operate on: one topic, one group, one database.
struct Shop: Sendable {
    let system: TestSystem
    let database: Database
    /// How operators reach it.
    let operated: OperatedSystem
    let isIdempotent: Bool
    /// Where its contract is; it goes with the test.
    let folder: URL

    var status: SystemStatus { SystemStatus(operated) }
    var journeys: EventJourneys { EventJourneys(operated) }
    var diagnosis: SystemDiagnosis { SystemDiagnosis(operated) }
    var pauses: Pauses { Pauses(operated) }
    var replays: Replays { Replays(operated) }
    var publications: Publications { Publications(operated) }

    /// A relay and a worker while the body runs.
    func running(
        _ handler: any EventHandler<OrderCounted> = CountOnce(),
        _ body: () async throws -> Void
    ) async throws {
        let group = ConsumerGroup(
            name: "shipping",
            subscriptions: [Subscription(topic: "orders", handlers: [handler], isIdempotent: isIdempotent)]
        )
        let pool = try system.pool(group)
        try await relaying {
            let running = Task { try await pool.run() }
            do {
                try await body()
            } catch {
                running.cancel()
                try await running.value
                throw error
            }
            running.cancel()
            try await running.value
        }
    }

    /// A relay while the body runs.
    func relaying(_ body: () async throws -> Void) async throws {
        let relay = try system.relay(owner: "shop")
        let running = Task { try await relay.run() }
        do {
            try await body()
        } catch {
            running.cancel()
            try await running.value
            throw error
        }
        running.cancel()
        try await running.value
    }

    func publish(_ count: Int) async throws {
        let published =
            try await number("SELECT count(*) AS n FROM perch.log")
            + number("SELECT count(*) AS n FROM perch.outbox")
        try await database.transaction { tx in
            for number in 0..<count {
                try tx.publish(OrderCounted(order: "order-\(number % 12)", count: published + number))
            }
        }
    }

    func isProcessed(_ count: Int) async throws {
        try await eventually("\(count) events took effect and the group is at the end") {
            let status = try await status.groups()[0].status
            return try await effects() == count && status.partitions.allSatisfy { $0.lag == 0 }
        }
    }

    /// Waits until every worker has shown life so many more times.
    func afterHeartbeats(_ count: Int) async throws {
        for _ in 0..<count {
            let before = try await number(
                "SELECT (extract(epoch FROM max(heartbeat_at)) * 1000)::bigint AS n FROM perch.workers"
            )
            try await eventually("a heartbeat") {
                try await number(
                    "SELECT (extract(epoch FROM max(heartbeat_at)) * 1000)::bigint AS n FROM perch.workers"
                ) > before
            }
        }
    }

    func effects() async throws -> Int { try await number("SELECT count(*) AS n FROM effects") }
    func handled() async throws -> Int { try await number("SELECT count(*) AS n FROM handled") }
    func epochs() async throws -> Int { try await number("SELECT sum(epoch)::bigint AS n FROM perch.leases") }

    /// Within each run through a key, counts only rise; a replay begins a run anew.
    func isInOrder() async throws -> Bool {
        try await number(
            """
            SELECT count(*) AS n FROM (
                SELECT h.count < lag(h.count) OVER (PARTITION BY h.key, h.run ORDER BY h.sequence) AS is_back FROM (
                    SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY sequence) AS run FROM handled
                ) AS h
            ) AS steps WHERE is_back
            """
        ) == 0
    }

    /// What the doctor calls a problem, with what to do about it.
    func problems() async throws -> [String] {
        try await diagnosis.findings().filter { $0.severity == .problem }.map { finding in
            let text = FindingText(finding.finding)
            return "\(text.message) → \(text.advice)"
        }
    }

    func checkpoints() async throws -> [String] {
        try await database.query("SELECT c::text AS c FROM perch.checkpoints c ORDER BY topic, partition") {
            try $0.decode("c", as: String.self)
        }
    }

    func operations() async throws -> [String] {
        try await database.query(
            "SELECT operator || ' ' || action || ' ' || target AS o FROM perch.operations ORDER BY id"
        ) { try $0.decode("o", as: String.self) }
    }

    /// How the sessions of `reachedAnew` are called.
    static let readerName = "reader-of-its-own"

    /// One more, whose sessions end with it.
    func reachedAnew() throws -> OperatedSystem { OperatedSystem(try connections(as: Self.readerName)) }

    func connections(as application: String? = nil) throws -> SystemConnections {
        var postgres = try system.postgres
        if let application { postgres.applicationName = application }
        return SystemConnections(
            contract: system.contract,
            redis: try RedisConfiguration(url: redisURL),
            databases: ["shop": postgres, "shipping": postgres],
            patience: .seconds(3600)
        )
    }

    var redisURL: String { system.redisURL ?? system.redis.url }

    /// The counts of a key's events, in the order in which they were handled, again and again where they were.
    func handled(of key: String) async throws -> [Int] {
        try await database.query("SELECT count FROM handled WHERE key = \(key) ORDER BY sequence") {
            try $0.decode("count", as: Int.self)
        }
    }

    /// The tool as people start it, with this shop's servers in its environment.
    func perch(_ arguments: String..., input: String = "") throws -> Tool.Result {
        try Tool.run(arguments, environment: environment(), input: input)
    }

    func environment() throws -> [String: String] {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Samples.yaml.write(to: folder.appendingPathComponent("orders.yaml"), atomically: true, encoding: .utf8)
        return [
            "REDIS_URL": redisURL, "SHOP_DATABASE_URL": system.databaseURL,
            "SHIPPING_DATABASE_URL": system.databaseURL, "STREAMS_DIR": folder.path, "HOME": folder.path,
        ]
    }

    func number(_ sql: SQL) async throws -> Int {
        try await database.query(sql) { try $0.decodeIfPresent("n", as: Int.self) ?? 0 }.first ?? 0
    }
}

func withShop(isIdempotent: Bool = true, _ body: (Shop) async throws -> Void) async throws {
    try await withLocalRedis { redis in try await withShop(on: redis, redis.url, isIdempotent: isIdempotent, body) }
}

/// - Parameter redisURL: By which the streams are reached.
func withShop(
    on redis: LocalRedis,
    _ redisURL: String,
    isIdempotent: Bool = true,
    _ body: (Shop) async throws -> Void
) async throws {
    let url = try LocalPostgres.shared().createDatabase()
    var system = try TestSystem(contract: Samples.contract, owner: "shop", redis: redis, databaseURL: url)
    system.redisURL = redisURL
    let database = Database(try system.postgres, size: 2, acquireTimeout: .seconds(3600))
    _ = try await database.execute("CREATE TABLE effects (event_id uuid PRIMARY KEY)")
    _ = try await database.execute(
        "CREATE TABLE handled (sequence bigint GENERATED ALWAYS AS IDENTITY, event_id uuid, key text, count bigint)"
    )
    let postgres = try system.postgres
    let connections = SystemConnections(
        contract: Samples.contract,
        redis: try RedisConfiguration(url: redisURL),
        databases: ["shop": postgres, "shipping": postgres],
        patience: .seconds(3600)
    )
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("perch-shop-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(
        Shop(
            system: system,
            database: database,
            operated: OperatedSystem(connections),
            isIdempotent: isIdempotent,
            folder: folder
        )
    )
    await database.close()
}

struct OrderCounted: Event {
    static let type: EventType = "order_counted"
    static let topic: TopicName = "orders"
    let order: String
    let count: Int
    var version: Int { 1 }
    var key: String { order }
}

/// An effect once an event, and a row for each time that it came.
struct CountOnce: EventHandler {
    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        try tx.execute("INSERT INTO effects (event_id) VALUES (\(delivery.id)) ON CONFLICT DO NOTHING")
        try tx.execute(
            "INSERT INTO handled (event_id, key, count) VALUES (\(delivery.id), \(event.order), \(event.count))"
        )
    }
}
