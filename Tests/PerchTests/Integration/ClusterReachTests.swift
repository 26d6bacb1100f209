import LocalServers
import PerchProtocol
import PerchTesting
import Postgres
import Redis
import Testing

@testable import Perch

/// One process alone does not reach a node of the cluster, and others do.
@Suite(.serialized, .timeLimit(.minutes(30))) struct ClusterReachTests {
    @Test func whatOneProcessAloneDoesNotReachAnotherOneTakes() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        for node in cluster.nodes {
            try #expect(node.cli("ACL", "SETUSER", "cut", "reset", "on", ">hunter2", "~*", "&*", "+@all") == "OK")
        }
        var reaching = try TestSystem(
            contract: Contract(topics: [orders]),
            owner: "shop",
            redis: cluster.nodes[0],
            databaseURL: LocalPostgres.shared().createDatabase()
        )
        reaching.redisURL = cluster.url
        var cut = reaching
        cut.redisURL = cluster.url.replacing("redis+cluster://", with: "redis+cluster://cut:hunter2@")
        let database = Database(try reaching.postgres, size: 2, acquireTimeout: .seconds(3600))
        _ = try await database.execute(
            "CREATE TABLE effects (sequence bigint GENERATED ALWAYS AS IDENTITY, event_id uuid, key text, count bigint)"
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            let (relay, pool) = try (self.relay(of: cut), self.pool(of: cut))
            tasks.addTask { try await relay.run() }
            tasks.addTask { try await pool.run() }
            try await takeEffect(0, database)
            let theirs = try await owners(database)
            let leader = try await leaders(database)
            #expect(!theirs.isEmpty && leader.count == 1)

            let (otherRelay, otherPool) = try (self.relay(of: reaching), self.pool(of: reaching))
            tasks.addTask { try await otherRelay.run() }
            tasks.addTask { try await otherPool.run() }
            try await eventually("both have partitions") { try await owners(database).count > theirs.count }
            try await takeEffect(1, database)
            let lost = try await database.query(
                "SELECT partition FROM perch.leases WHERE owner = ANY (\(Array(theirs))) ORDER BY 1"
            ) { "orders:\(try $0.decode("partition", as: Int32.self))" }
            // Not the one by which it finds the map.
            let held = try lost.compactMap { try cluster.master(of: $0) }
            let victim = try #require(held.first { $0 !== cluster.nodes[0] } ?? held.first)
            #expect(try victim.cli("ACL", "DELUSER", "cut") == "1")
            try await takeEffect(2, database)
            #expect(try await leaders(database).isDisjoint(with: leader), "another relay leads")
            let far = try (0..<orders.partitions).filter { try cluster.master(of: "orders:\($0)") === victim }
            let keeping = try await database.query(
                "SELECT owner FROM perch.leases WHERE partition = ANY (\(far.map { Int32($0) })) AND owner = ANY (\(Array(theirs)))"
            ) { try $0.decode("owner", as: String.self) }
            #expect(keeping.isEmpty, "and the process keeps no lease of that node")
            #expect(try await !owners(database).isDisjoint(with: theirs), "it works on in others")
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
        let counts = try await database.query("SELECT key, count FROM effects ORDER BY sequence") {
            (try $0.decode("key", as: String.self), try $0.decode("count", as: Int.self))
        }
        let found = Dictionary(grouping: counts, by: \.0).mapValues { $0.map(\.1) }
        #expect(found == Dictionary(uniqueKeysWithValues: Self.keys.map { ($0, [0, 1, 2]) }))
        await database.close()
    }

    private static let keys = (0..<24).map { "order-\($0)" }

    private func relay(of system: TestSystem) throws -> OutboxRelay {
        var settings = RelayProtocol.Settings()
        settings.resign.first = .seconds(2)
        return OutboxRelay(
            owner: "shop",
            contract: system.contract,
            configuration: .init(
                redis: try .init(url: system.redisURL ?? ""),
                postgres: try system.postgres
            ),
            settings: settings,
            logger: system.logger
        )
    }

    private func pool(of system: TestSystem) throws -> WorkerPool {
        var settings = WorkerPool.Settings()
        settings.unreachable = .seconds(2)
        let subscription = Subscription(topic: "orders", handlers: [WriteDown()])
        return try system.pool(ConsumerGroup(name: "shipping", subscriptions: [subscription]), settings: settings)
    }

    /// An event of each key, which all take effect.
    private func takeEffect(_ count: Int, _ database: Database) async throws {
        try await database.transaction { tx in
            for key in Self.keys { try tx.publish(OrderCounted(order: key, count: count)) }
        }
        try await eventually("all take effect") {
            try await database.query("SELECT count(*) AS n FROM effects") { try $0.decode("n", as: Int.self) }
                == [Self.keys.count * (count + 1)]
        }
    }

    private func owners(_ database: Database) async throws -> Set<String> {
        Set(
            try await database.query("SELECT DISTINCT owner FROM perch.leases WHERE owner IS NOT NULL") {
                try $0.decode("owner", as: String.self)
            }
        )
    }

    /// The sessions that have the lock of the active relay.
    private func leaders(_ database: Database) async throws -> Set<Int> {
        Set(
            try await database.query(
                "SELECT l.pid FROM \(raw: RelayLeadership.locks) WHERE l.granted AND l.classid::bigint = \(Int64(RelayLeadership.active))"
            ) { Int(try $0.decode("pid", as: Int32.self)) }
        )
    }
}
