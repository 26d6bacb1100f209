import Foundation
import LocalServers
import Logging
import Perch
import Postgres
import Redis

/// First figures: what an event costs on its way, on private servers with full durability.
@main
enum PerchBench {
    static func main() async throws {
        let events = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 50_000
        print("perch-bench: \(events) events a run, fsync on, one partition, one worker")
        for run in 1...3 {
            let publishing = try await withBench { bench in try await bench.publishAndRelay(events) }
            print(
                "run \(run): published \(rate(events, publishing.publishing)) · relayed \(rate(events, publishing.relaying))"
            )
            for (name, subscription) in [
                ("two statements an event", Subscription(topic: "postings", handlers: [PostEach()])),
                ("set-based batch", Subscription(topic: "postings", batch: PostBatch())),
            ] {
                let seconds = try await withBench { bench in
                    _ = try await bench.publishAndRelay(events)
                    return try await bench.consume(events, subscription)
                }
                print("run \(run): \(name): \(rate(events, seconds))")
            }
        }
        for run in 1...3 {
            let latencies = try await withBench { bench in try await bench.latencies(count: 2000, perSecond: 200) }
            func percentile(_ share: Double) -> String {
                String(format: "%.2f ms", latencies[min(latencies.count - 1, Int(Double(latencies.count) * share))])
            }
            print(
                "run \(run): COMMIT to COMMIT at 200/s: p50 \(percentile(0.5)) · p99 \(percentile(0.99)) · max \(percentile(1))"
            )
        }
    }

    private static func rate(_ events: Int, _ seconds: Double) -> String {
        "\(Int(Double(events) / seconds)) events/s"
    }

    private static func withBench<R>(_ body: (Bench) async throws -> R) async throws -> R {
        try await withLocalRedis { redis in
            try await withLocalPostgres(fsync: true, settings: ["track_commit_timestamp": "on"]) { postgres in
                try await body(try await Bench(redis: redis, postgresURL: try postgres.createDatabase()))
            }
        }
    }
}

/// One private system to measure.
struct Bench {
    private let contract: Contract
    private let redis: RedisConfiguration
    private let postgres: PostgresConfiguration
    private let database: Database
    private let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

    init(redis: LocalRedis, postgresURL: String) async throws {
        contract = Contract(
            topics: [
                TopicContract(
                    name: "postings",
                    owner: "bench",
                    key: "account",
                    partitions: 1,
                    groups: ["bench"],
                    events: []
                )
            ]
        )
        self.redis = try RedisConfiguration(url: redis.url)
        postgres = try PostgresConfiguration(url: postgresURL)
        database = Database(postgres, size: 2)
        let connection = try PostgresConnection(postgres)
        try Migrator.migrate(connection, component: "perch", Migration.perch)
        try contract.declareTopics(ownedBy: "bench", on: connection)
        try connection.executeScript(
            """
            CREATE TABLE ledger (event_id uuid PRIMARY KEY, account bigint NOT NULL, amount bigint NOT NULL);
            CREATE TABLE accounts (account bigint PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 50);
            INSERT INTO accounts SELECT generate_series(0, 999), 0;
            CREATE TABLE sent (event_id uuid PRIMARY KEY);
            """
        )
    }

    /// Seconds to commit all events, a thousand a transaction, and then to append them all.
    func publishAndRelay(_ events: Int) async throws -> (publishing: Double, relaying: Double) {
        let clock = ContinuousClock()
        let start = clock.now
        for first in stride(from: 0, to: events, by: 1000) {
            try await database.transaction { tx in
                try tx.publish((first..<min(first + 1000, events)).map { Posted(number: $0) })
            }
        }
        let published = clock.now
        try await whileRunning(relay) {
            try await reach(events, "SELECT coalesce(sum(last_position), 0)::bigint AS n FROM perch.partitions")
            let connection = try RedisConnection(redis)
            while try connection.execute(RedisCommand("XLEN", "postings:0"), { try $0.integer }) < events {
                try await Task.sleep(for: .milliseconds(2))
            }
        }
        return (start.duration(to: published).seconds, published.duration(to: clock.now).seconds)
    }

    /// Seconds from the first lease to the last commit.
    func consume(_ events: Int, _ subscription: Subscription) async throws -> Double {
        let group = ConsumerGroup(name: "bench", subscriptions: [subscription])
        let pool = try WorkerPool(
            group: group,
            contract: contract,
            configuration: .init(redis: redis, postgres: postgres),
            logger: logger
        )
        let clock = ContinuousClock()
        return try await whileRunning({ try await pool.run() }) {
            try await reach(1, "SELECT count(*) AS n FROM perch.leases WHERE owner IS NOT NULL")
            let start = clock.now
            try await reach(events, "SELECT position AS n FROM perch.checkpoints")
            return start.duration(to: clock.now).seconds
        }
    }

    /// Milliseconds from the producer's COMMIT to the consumer's COMMIT, sorted, by the server's commit timestamps.
    func latencies(count: Int, perSecond: Double) async throws -> [Double] {
        let group = ConsumerGroup(
            name: "bench",
            subscriptions: [Subscription(topic: "postings", handlers: [PostEach()])]
        )
        let pool = try WorkerPool(
            group: group,
            contract: contract,
            configuration: .init(redis: redis, postgres: postgres),
            logger: logger
        )
        try await whileRunning(relay) {
            try await whileRunning({ try await pool.run() }) {
                try await reach(1, "SELECT count(*) AS n FROM perch.leases WHERE owner IS NOT NULL")
                let clock = ContinuousClock()
                let start = clock.now
                for number in 0..<count {
                    try await clock.sleep(until: start + .seconds(Double(number) / perSecond), tolerance: .zero)
                    try await database.transaction { tx in
                        let id = UUID.v7()
                        try tx.execute("INSERT INTO sent VALUES (\(id))")
                        try tx.publish(Posted(number: number), id: id)
                    }
                }
                try await reach(count, "SELECT count(*) AS n FROM ledger")
            }
        }
        return try await database.query(
            """
            SELECT extract(epoch FROM pg_xact_commit_timestamp(l.xmin) - pg_xact_commit_timestamp(s.xmin))::float8 * 1000
                AS milliseconds
            FROM sent s JOIN ledger l USING (event_id) ORDER BY 1
            """
        ) { try $0.decode("milliseconds", as: Double.self) }
    }

    private func relay() async throws {
        try await OutboxRelay(
            owner: "bench",
            contract: contract,
            configuration: .init(redis: redis, postgres: postgres),
            logger: logger
        ).run()
    }

    private func reach(_ number: Int, _ sql: SQL) async throws {
        while try await database.query(sql, { try $0.decode("n", as: Int.self) }).first ?? 0 < number {
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private func whileRunning<R: Sendable>(
        _ service: @escaping @Sendable () async throws -> Void,
        _ body: () async throws -> R
    ) async throws -> R {
        let running = Task { try await service() }
        defer { running.cancel() }
        let result = try await body()
        running.cancel()
        try await running.value
        return result
    }
}
