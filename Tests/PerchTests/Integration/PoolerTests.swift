import LocalServers
import Logging
import PerchTesting
import Postgres
import Redis
import Testing

@testable import Perch

/// A real PgBouncer before the database: in transaction mode for publishers, in session mode for all.
@Suite(
    .serialized,
    .enabled(if: LocalPooler.isInstalled, "pgbouncer is not installed: apt-get install pgbouncer"),
    .timeLimit(.minutes(30))
) struct PoolerTests {
    private func database() throws -> (server: LocalPostgres, name: String) {
        let server = try LocalPostgres.shared()
        return (server, String(try #require(try server.createDatabase().split(separator: "/").last)))
    }

    @Test func publishersGoThroughAPoolerInTransactionMode() async throws {
        let (server, name) = try database()
        let pooler = try LocalPooler(for: server, mode: .transaction, sessions: 2)
        try await withLocalRedis { redis in
            let traffic = try await ExactTraffic(
                redis: redis,
                databaseURL: server.url(database: name),
                publisherURL: "\(pooler.url(database: name))?pooled=transaction"
            )
            try await traffic.isExact {
                // All that go through the pooler; it makes new ones.
                try server.psql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'"
                )
            }
        }
    }

    @Test func workersRelaysAndPublishersGoThroughAPoolerInSessionMode() async throws {
        let (server, name) = try database()
        let pooler = try LocalPooler(for: server, mode: .session)
        try await withLocalRedis { redis in
            let url = pooler.url(database: name)
            try await ExactTraffic(redis: redis, databaseURL: url).isExact {
                try server.psql("SELECT pg_terminate_backend(backend_pid) FROM perch.leases", database: name)
            } then: {
                try server.psql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)' AND random() < 0.5"
                )
            }
        }
    }

    @Test(arguments: ["pooled=transaction", "pooled=session"])
    func workersAndRelaysEndWhereNoSessionIsTheirsAndSayWhatToDo(parameter: String) async throws {
        let (server, name) = try database()
        let pooler = try LocalPooler(for: server, mode: .transaction, sessions: 5)
        try await withLocalRedis { redis in
            let contract = Contract(topics: [orders])
            let direct = server.url(database: name)
            let system = try TestSystem(contract: contract, owner: "shop", redis: redis, databaseURL: direct)
            let postgres = try PostgresConfiguration(url: "\(pooler.url(database: name))?\(parameter)")
            let relay = OutboxRelay(
                owner: "shop",
                contract: contract,
                configuration: .init(redis: try RedisConfiguration(url: redis.url), postgres: postgres),
                logger: system.logger
            )
            let subscription = Subscription(topic: "orders", handlers: [WriteDown()])
            let pool = try WorkerPool(
                group: ConsumerGroup(name: "shipping", subscriptions: [subscription]),
                contract: contract,
                configuration: .init(redis: try RedisConfiguration(url: redis.url), postgres: postgres),
                logger: system.logger
            )
            for run in [relay.run, pool.run] as [() async throws -> Void] {
                let error = await #expect(throws: SessionNeeded.self) { try await run() }
                #expect(error?.description.contains("/\(name) is reached through a pooler in transaction mode") == true)
            }
        }
    }

    @Test(arguments: ["pooled=transaction", "pooled=session"])
    func migrationsRefuseAPoolerInTransactionMode(parameter: String) throws {
        let (server, name) = try database()
        let pooler = try LocalPooler(for: server, mode: .transaction)
        let url = "\(pooler.url(database: name))?\(parameter)"
        let connection = try PostgresConnection(PostgresConfiguration(url: url))
        #expect(throws: SessionNeeded.self) { try Migrator.migrate(connection, component: "perch", Migration.perch) }
        #expect(try server.psql("SELECT count(*) FROM pg_namespace WHERE nspname = 'perch'", database: name) == "0")
    }
}
