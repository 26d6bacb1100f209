import LocalServers
import Perch
import PerchTesting
import Postgres
import Synchronization
import Testing

/// Events that flow while servers change: each COMMIT that was answered has to take effect, once, in the order of its key.
struct ExactTraffic {
    private let system: TestSystem
    private let database: Database
    private let keys = (0..<24).map { "order-\($0)" }
    private let standstill = Standstill()

    /// - Parameters:
    ///   - redisURL: how relay and workers find the streams; nil: the server itself.
    ///   - databaseURL: how relay and workers find the database.
    ///   - publisherURL: how the publisher finds it; nil: as they do.
    init(redis: LocalRedis, redisURL: String? = nil, databaseURL: String, publisherURL: String? = nil) async throws {
        var system = try TestSystem(
            contract: Contract(topics: [orders]),
            owner: "shop",
            redis: redis,
            databaseURL: databaseURL
        )
        system.redisURL = redisURL
        self.system = system
        let publisher = try PostgresConfiguration(url: publisherURL ?? databaseURL)
        database = Database(publisher, size: 3, acquireTimeout: .seconds(3600))
        _ = try await database.execute(
            "CREATE TABLE effects (sequence bigint GENERATED ALWAYS AS IDENTITY, event_id uuid, key text, count bigint)"
        )
        // What was committed says this table, of which a COMMIT without an answer may be one or not.
        _ = try await database.execute("CREATE TABLE rounds (count bigint PRIMARY KEY)")
    }

    /// Disturbs a system whose streams are found by this URL, with a database of its own.
    /// - Parameter fault: as `isExact` has it.
    static func through(
        _ redis: LocalRedis,
        _ url: String,
        fault: String? = nil,
        _ disturb: (ExactTraffic) async throws -> Void
    ) async throws {
        let databaseURL = try LocalPostgres.shared().createDatabase()
        let traffic = try await ExactTraffic(redis: redis, redisURL: url, databaseURL: databaseURL)
        try await traffic.isExact(fault: fault) { try await disturb(traffic) }
    }

    /// The fault comes now, and what was done before was none; for `ops/bench --standstill`.
    func faultBegins() { standstill.begin() }

    /// The servers take writes again; for `ops/bench --standstill`.
    func serverServes() { standstill.serves() }

    /// Disturbs the system under traffic, lets it work on, disturbs it once more, and looks at what took effect.
    /// - Parameter fault: what `ops/bench --standstill` calls the disturbance; nil: it does not measure this one.
    func isExact(
        fault: String? = nil,
        _ disturb: () async throws -> Void,
        then: () async throws -> Void = {}
    ) async throws {
        let rounds = try await rounds(mayBeLost: false, disturb, then)
        let counts = try await database.query("SELECT key, count FROM effects ORDER BY sequence") {
            (try $0.decode("key", as: String.self), try $0.decode("count", as: Int.self))
        }
        let found = Dictionary(grouping: counts, by: \.0).mapValues { $0.map(\.1) }
        #expect(found == Dictionary(uniqueKeysWithValues: keys.map { ($0, Array(0..<rounds)) }))
        let published = try await number("SELECT count(*) FROM perch.published")
        #expect(published == rounds * keys.count)
        await database.close()
        if let fault { try standstill.tell(fault) }
    }

    /// The same where the end of what was committed may be lost with a server: what is in the log in the end has taken effect, once, in
    /// the order of its key, and nothing else has.
    func agreesWithTheLog(_ disturb: () async throws -> Void) async throws {
        _ = try await rounds(mayBeLost: true, disturb) {}
        let effects: SQL = "SELECT key, event_id::text AS id FROM effects ORDER BY sequence"
        let log: SQL = "SELECT subject AS key, event_id::text AS id FROM perch.published ORDER BY partition, position"
        let (taken, published) = (try await byKey(effects), try await byKey(log))
        #expect(taken == published)
        for ids in published.values { #expect(Set(ids).count == ids.count) }
        await database.close()
    }

    private func byKey(_ sql: SQL) async throws -> [String: [String]] {
        let rows = try await database.query(sql) {
            (try $0.decode("key", as: String.self), try $0.decode("id", as: String.self))
        }
        return Dictionary(grouping: rows, by: \.0).mapValues { $0.map(\.1) }
    }

    /// Publishes, disturbs, and waits until all has taken effect.
    /// - Returns: How many rounds were committed.
    private func rounds(
        mayBeLost: Bool,
        _ disturb: () async throws -> Void,
        _ then: () async throws -> Void
    ) async throws -> Int {
        let isOver = Flag()
        var rounds = 0
        try await running(system, workers: 2, handlers: [TimedWriteDown(standstill: standstill)]) {
            async let published = publish(until: isOver, mayBeLost: mayBeLost)
            do {
                try await flow()
                standstill.begin()
                try await disturb()
                try await flow()
                standstill.end()
                try await then()
                try await flow()
            } catch {
                isOver.raise()
                throw error
            }
            isOver.raise()
            rounds = try await published
            try await eventually("all took effect") { [rounds] in
                guard mayBeLost else { return try await effects() >= rounds * keys.count }
                guard try await number("SELECT count(*) FROM perch.outbox") == 0 else { return false }
                return try await effects() == number("SELECT count(*) FROM perch.published")
            }
        }
        return rounds
    }

    /// Waits for ten rounds more.
    private func flow() async throws {
        var before: Int?
        try await eventually("events flow") {
            // While no server serves, nobody knows.
            guard let now = try? await effects() else { return false }
            guard let begin = before else {
                before = now
                return false
            }
            return now >= begin + 10 * keys.count
        }
    }

    /// Awaits that more events take effect in each of these partitions.
    /// - Parameter partitions: nil: all.
    func flowsAgain(in partitions: [PartitionNumber]? = nil) async throws {
        let all = (0..<orders.partitions).map { PartitionNumber(rawValue: $0) }
        for partition in partitions ?? all {
            let before = try await effects(partition)
            try await eventually("events flow in \(partition)") { try await effects(partition) >= before + 24 }
        }
    }

    /// How many events of a partition have taken effect.
    private func effects(_ partition: PartitionNumber) async throws -> Int {
        let keys = keys.filter { PartitionNumber(key: $0, of: orders.partitions) == partition }
        return try await number("SELECT count(*) FROM effects WHERE key = ANY (\(keys))")
    }

    /// One transaction after the other: an event of each key.
    /// - Returns: How many events each key has got.
    private func publish(until isOver: Flag, mayBeLost: Bool) async throws -> Int {
        var count = 0
        while !isOver.isRaised {
            do {
                try await database.transaction { [count] tx in
                    try tx.execute("INSERT INTO rounds VALUES (\(count))")
                    for key in keys { try tx.publish(OrderCounted(order: key, count: count)) }
                }
                count += 1
            } catch let error as PostgresError where Self.isOfServer(error) {
                var committed = 0
                try await eventually("a server serves") {
                    guard let found = try? await number("SELECT count(*) FROM rounds") else { return false }
                    committed = found
                    return true
                }
                #expect(mayBeLost || committed >= count, "a COMMIT that was answered is lost")
                count = committed
            }
        }
        return count
    }

    /// A lost server, or a round that was committed although nobody said so.
    private static func isOfServer(_ error: PostgresError) -> Bool {
        error.isRetriable || error.code == .commitUnclear || error.sqlState == .uniqueViolation
    }

    private func effects() async throws -> Int { try await number("SELECT count(*) FROM effects") }

    private func number(_ sql: SQL) async throws -> Int {
        try await database.query(sql) { try $0.decode(0, as: Int.self) }.first ?? 0
    }

    private final class Flag: Sendable {
        private let raised = Atomic(false)
        var isRaised: Bool { raised.load(ordering: .acquiring) }
        func raise() { raised.store(true, ordering: .releasing) }
    }
}
