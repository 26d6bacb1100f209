import Foundation
import LocalServers
import Perch
import Postgres
import Redis

/// The private servers that both sides work on, in turn, and what they find there.
final class BenchServers {
    private let redisServer: LocalRedis
    private let postgresServer: LocalPostgres
    private let redis: RedisConnection
    private let streams: StreamTemplates
    private var templates: Set<String> = []
    private var databases = 0

    /// Full durability. Nothing that either server does once in a while falls on one side by chance: no checkpoint by
    /// time or size, no rewrite of Redis's file. Commits have their times for the latencies.
    static let postgresSettings = [
        "track_commit_timestamp": "on", "max_wal_size": "16GB", "checkpoint_timeout": "1h", "shared_buffers": "512MB",
    ]
    static let redisSettings = ["auto-aof-rewrite-percentage": "0"]

    init(redis redisServer: LocalRedis, postgres postgresServer: LocalPostgres) throws {
        self.redisServer = redisServer
        self.postgresServer = postgresServer
        redis = try RedisConnection(try RedisConfiguration(url: redisServer.url))
        streams = StreamTemplates(try RedisConnection(try RedisConfiguration(url: "\(redisServer.url)/1")))
    }

    var redisPort: Int { redisServer.port }

    func cpu() throws -> ServerCPU {
        try ServerCPU(redis: redis, postmaster: postgresServer.pid ?? 0)
    }

    /// What the servers were asked since they were started.
    func asked() throws -> (commands: Int, transactions: Int) {
        let info = try redis.execute(RedisCommand("INFO", "stats")) { try $0.string() }
        let commands = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_commands_processed:") }
        let transactions = try postgresServer.psql("SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database")
        return (
            commands?.split(separator: ":").last.flatMap { Int($0) } ?? 0,
            Int(transactions.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        )
    }

    /// Entries of all streams of a topic.
    func entries(partitions: Int) throws -> Int {
        try (0..<partitions).reduce(0) { sum, partition in
            try sum + redis.execute(RedisCommand("XLEN", "\(Posted.topic):\(partition)")) { try $0.integer }
        }
    }

    /// Empty streams, or those that the workload asks for, and a database of its own.
    ///
    /// - Returns: The database's URL.
    func prepare(_ scene: Scene, partitions: Int) async throws -> String {
        let template = try await template(scene, partitions: partitions)
        try redis.execute(RedisCommand("FLUSHDB"))
        if scene.entries > 0 {
            try streams.copy(entries: scene.entries, partitions: partitions, isHot: scene.isHot)
        }
        databases += 1
        let name = "run_\(databases)"
        try postgresServer.psql("CREATE DATABASE \(name) TEMPLATE \(template)")
        if scene.skips > 0 {
            let id = StreamTemplates.entryID(scene.skips)
            try postgresServer.psql(
                """
                INSERT INTO perch.checkpoints (group_name, topic, partition, position, entry_id)
                VALUES ('bench', '\(Posted.topic)', 0, \(scene.skips), '\(id)')
                """,
                database: name
            )
        }
        try postgresServer.psql("CHECKPOINT")
        return postgresServer.url(database: name)
    }

    /// Drops the database of the last run.
    func tidy() throws {
        try postgresServer.psql("DROP DATABASE IF EXISTS run_\(databases) WITH (FORCE)")
    }

    /// - Throws: where an event is missing, or took effect more than once.
    func checkEffects(rows: Int, database url: String) throws {
        let connection = try PostgresConnection(try PostgresConfiguration(url: url))
        let found = try connection.query(
            """
            SELECT (SELECT count(*) FROM ledger) AS rows,
                (SELECT coalesce(sum(amount), 0)::bigint FROM ledger)
                    = (SELECT sum(balance)::bigint FROM accounts) AS is_balanced
            """
        ) { row in (try row.decode("rows", as: Int.self), try row.decode("is_balanced", as: Bool.self)) }
        let (count, isBalanced) = found.first ?? (0, false)
        guard count == rows, isBalanced else {
            throw BenchError(
                "the effect is wrong: \(count) ledger rows where \(rows) were expected, "
                    + (isBalanced ? "balances as they should be" : "and balances that are not their sums")
            )
        }
    }

    private func template(_ scene: Scene, partitions: Int) async throws -> String {
        let name = "template_\(partitions)_\(scene.ledgerRows)_\(scene.outboxRows)"
        guard templates.insert(name).inserted else { return name }
        try postgresServer.psql("CREATE DATABASE \(name)")
        let connection = try PostgresConnection(
            try PostgresConfiguration(url: postgresServer.url(database: name))
        )
        try Migrator.migrate(connection, component: "perch", Migration.perch)
        try Contract.bench(partitions: partitions).declareTopics(ownedBy: "bench", on: connection)
        try connection.executeScript(Self.tables)
        try connection.executeScript(Self.rows(ledger: scene.ledgerRows, outbox: scene.outboxRows))
        try postgresServer.psql("VACUUM ANALYZE", database: name)
        return name
    }

    /// What events take effect in.
    static let tables = """
        CREATE TABLE ledger (event_id uuid PRIMARY KEY, account bigint NOT NULL, amount bigint NOT NULL);
        CREATE TABLE accounts (account bigint PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 50);
        INSERT INTO accounts SELECT generate_series(0, 999), 0;
        CREATE TABLE requests (event_id uuid PRIMARY KEY, account bigint NOT NULL, amount bigint NOT NULL);
        """

    private static func rows(ledger: Int, outbox: Int) -> String {
        """
        INSERT INTO ledger SELECT gen_random_uuid(), n % 1000, 0 FROM generate_series(1, \(ledger)) n;
        INSERT INTO perch.outbox (topic, partition, event_id, type, version, key, time, data, is_checked)
        SELECT '\(Posted.topic)', 0, gen_random_uuid(), 'posted', 1, (n % 1000)::text, clock_timestamp(),
            json_build_object('posting_id', gen_random_uuid(), 'account', n % 1000, 'amount', n % 97 + 1,
                'note', 'posting ' || n), true
        FROM generate_series(1, \(outbox)) n;
        """
    }
}

/// What a run finds when it starts.
struct Scene: Hashable {
    /// Entries that wait, over all streams.
    var entries = 0
    /// Entries before the group's checkpoint; of one partition only.
    var skips = 0
    /// Whether all streams are about the same accounts.
    var isHot = false
    var ledgerRows = 0
    var outboxRows = 0
}
