import LocalServers
import Logging
import PerchTesting
import Postgres
import Redis
import Synchronization
import Testing

@testable import Perch

/// What cannot work says so at once, and what works says what it does.
@Suite(.serialized, .timeLimit(.minutes(30))) struct StartingTests {
    private let contract = Contract(topics: [orders])
    private let shipping = ConsumerGroup(
        name: "shipping",
        subscriptions: [Subscription(topic: "orders", handlers: [WriteDown()])]
    )

    private func relay(_ owner: String, redis: LocalRedis, _ url: String, _ log: CollectedLog) throws -> OutboxRelay {
        OutboxRelay(
            owner: owner,
            contract: contract,
            configuration: .init(
                redis: try RedisConfiguration(url: redis.url),
                postgres: try PostgresConfiguration(url: url)
            ),
            logger: log.logger
        )
    }

    private func pool(redis: LocalRedis, _ url: String, _ log: CollectedLog) throws -> WorkerPool {
        try WorkerPool(
            group: shipping,
            contract: contract,
            configuration: .init(
                redis: try RedisConfiguration(url: redis.url),
                postgres: try PostgresConfiguration(url: url)
            ),
            logger: log.logger
        )
    }

    @Test func anOwnerThatNobodyKnowsEndsTheRelayAndTheNearestIsNamed() async throws {
        try await withLocalRedis { redis in
            let relay = try relay("shpo", redis: redis, "postgresql://127.0.0.1:1/none", CollectedLog())
            let error = await #expect(throws: UnknownOwner.self) { try await relay.run() }
            #expect(error?.description.contains("did you mean `shop`?") == true)
        }
    }

    @Test func aTopicThatNobodyKnowsIsRefusedAndTheNearestIsNamed() async throws {
        let group = ConsumerGroup(
            name: "shipping",
            subscriptions: [Subscription(topic: "ordres", handlers: [] as [any EventHandler])]
        )
        let error = #expect(throws: UndeclaredTopic.self) { try group.partitions(in: contract) }
        #expect(error?.description.contains("did you mean `orders`?") == true)
    }

    /// It would drop whole streams when it is full.
    @Test func nothingIsWrittenToARedisThatEvictsUntilItNoLongerDoes() async throws {
        try await withOrders { system, database in
            try system.redis.cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
            try await database.transaction { tx in try tx.publish(OrderCounted(order: "a", count: 1)) }
            let log = CollectedLog()
            let relay = try relay("shop", redis: system.redis, system.databaseURL, log)
            let running = Task { try await relay.run() }
            try await eventually("it says why") {
                log.lines.contains { $0.metadata.values.contains { "\($0)".contains("allkeys-lru") } }
            }
            #expect(try system.redis.cli("DBSIZE") == "0")
            try system.redis.cli("CONFIG", "SET", "maxmemory-policy", "noeviction")
            try await eventually("it is written to") { try system.redis.cli("DBSIZE") != "0" }
            running.cancel()
            try await running.value
        }
    }

    @Test func aDatabaseWithoutTheSchemaEndsPoolAndRelayAndSaysWhatToDo() async throws {
        try await withLocalRedis { redis in
            let url = try LocalPostgres.shared().createDatabase()
            let pool = try pool(redis: redis, url, CollectedLog())
            let relay = try relay("shop", redis: redis, url, CollectedLog())
            for run in [pool.run, relay.run] {
                let error = await #expect(throws: SchemaMissing.self) { try await run() }
                #expect(error?.description.contains("Run its migrations first") == true)
                #expect(error?.description.contains("does not exist") == true)
            }
        }
    }

    @Test func whatOnlyTheHeartbeatMissesEndsThePoolToo() async throws {
        try await withOrders { system, database in
            _ = try await database.execute("DROP TABLE perch.workers CASCADE")
            let pool = try pool(redis: system.redis, system.databaseURL, CollectedLog())
            let error = await #expect(throws: SchemaMissing.self) { try await pool.run() }
            #expect(error?.description.contains("perch.workers") == true)
        }
    }

    @Test func aDatabaseThatDoesNotHaveTheOwnersTopicsEndsTheRelay() async throws {
        try await withLocalRedis { redis in
            let url = try LocalPostgres.shared().createDatabase()
            try Migrator.migrate(
                PostgresConnection(PostgresConfiguration(url: url)),
                component: "perch",
                Migration.perch
            )
            let relay = try relay("shop", redis: redis, url, CollectedLog())
            let error = await #expect(throws: TopicsNotDeclared.self) { try await relay.run() }
            #expect(error?.topics == ["orders"] && error?.description.contains("ServiceDatabase.prepare") == true)
        }
    }

    @Test func bothSayAtTheirStartWhatTheyServe() async throws {
        try await withOrders { system, _ in
            let log = CollectedLog()
            let pool = try pool(redis: system.redis, system.databaseURL, log)
            let relay = try relay("shop", redis: system.redis, system.databaseURL, log)
            let tasks = [Task { try await pool.run() }, Task { try await relay.run() }]
            for task in tasks {
                task.cancel()
                try await task.value
            }
            let pools = try #require(log.lines.first { $0.message == "worker pool starts" }?.metadata)
            #expect(pools["group"] == "shipping" && pools["topics"] == "orders" && pools["count"]?.description == "4")
            #expect(pools["redis"]?.description == "redis://127.0.0.1:\(system.redis.port)")
            #expect(pools["database"]?.description.contains("Postgres at ") == true)
            let relays = try #require(log.lines.first { $0.message == "relay starts" }?.metadata)
            #expect(relays["owner"] == "shop" && relays["topics"] == "orders")
        }
    }

    @Test func theLogHasTheReasonWhyPostgresCannotBeReached() async throws {
        try await withLocalRedis { redis in
            let url = try LocalPostgres.shared().createDatabase()
            let wrong = url.split(separator: "/").dropLast().joined(separator: "/").replacing(
                "postgresql:/",
                with: "postgresql://"
            )
            let log = CollectedLog()
            let pool = try pool(redis: redis, "\(wrong)/shpo", log)
            let running = Task { try await pool.run() }
            try await eventually("the log says which database is not there") {
                log.lines.contains {
                    $0.message == "worker reconnects"
                        && $0.metadata["error"]?.description.contains("database \"shpo\" does not exist") == true
                }
            }
            running.cancel()
            try await running.value
        }
    }

    @Test func aRelayOnAServerThatBecameReadOnlySaysSo() async throws {
        try await withLocalServers { redis, postgres in
            let log = CollectedLog()
            var system = try TestSystem(
                contract: contract,
                owner: "shop",
                redis: redis,
                databaseURL: try postgres.createDatabase()
            )
            system.logger = log.logger
            let relay = try system.relay(owner: "shop")
            let running = Task { try await relay.run() }
            try await eventually("it gets on") { relay.progress.age < .milliseconds(500) }
            let admin = try PostgresConnection(try system.postgres)
            try admin.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            try admin.execute("SELECT pg_reload_conf()")
            try await eventually("it does not take an outbox that cannot fill for an empty one") {
                log.lines.contains {
                    $0.message == "relay reconnects"
                        && $0.metadata["error"]?.description.contains("takes no writes") == true
                }
            }
            try admin.execute("SET default_transaction_read_only = off")
            try admin.execute("ALTER SYSTEM RESET default_transaction_read_only")
            try admin.execute("SELECT pg_reload_conf()")
            let from = relay.progress.age
            try await eventually("it gets on again") {
                relay.progress.age < .milliseconds(500) || relay.progress.age < from
            }
            running.cancel()
            try await running.value
        }
    }

    @Test func aRelayAndWorkersLeaveAMasterThatBecameAReplica() async throws {
        try await withOrders { system, database in
            try await running(system, workers: 1) {
                try await publish("one", database)
                try await eventually("the first took effect") { try await effects(database) == 1 }
                _ = try system.redis.cli("REPLICAOF", "127.0.0.1", "1")
                let clients = try system.redis.cli("CLIENT", "LIST", "TYPE", "normal")
                try await publish("two", database)
                // Its connections end, whether or not the server ended them.
                try await eventually("other connections are made") {
                    let now = try system.redis.cli("CLIENT", "LIST", "TYPE", "normal")
                    return ids(now).isDisjoint(with: ids(clients))
                }
                _ = try system.redis.cli("REPLICAOF", "NO", "ONE")
                try await eventually("the second took effect") { try await effects(database) == 2 }
            }
        }
    }

    private func ids(_ clients: String) -> Set<Substring> {
        Set(
            clients.split(whereSeparator: \.isNewline).filter { $0.contains("name=perch") }
                .compactMap { $0.split(separator: " ").first }
        )
    }

    private func publish(_ order: String, _ database: Database) async throws {
        try await database.transaction { tx in try tx.publish(OrderCounted(order: order, count: 1)) }
    }

    private func effects(_ database: Database) async throws -> Int {
        try await database.query("SELECT count(*) AS n FROM effects") { try $0.decode("n", as: Int.self) }[0]
    }
}

/// Keeps the lines of a logger.
final class CollectedLog: Sendable {
    struct Line: Sendable {
        let message: String
        let metadata: Logger.Metadata
    }

    private let all = Mutex<[Line]>([])

    var lines: [Line] { all.withLock { $0 } }

    var logger: Logger {
        var logger = Logger(label: "collected") { _ in Handler(log: self) }
        logger.logLevel = .info
        return logger
    }

    private struct Handler: LogHandler {
        let log: CollectedLog
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let line = Line(message: "\(event.message)", metadata: event.metadata ?? [:])
            log.all.withLock { $0.append(line) }
        }
    }
}
