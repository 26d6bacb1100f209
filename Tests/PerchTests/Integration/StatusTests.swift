import LocalServers
import PerchTesting
import Postgres
import Redis
import Testing

@testable import Perch
@testable import PerchOperating

/// How far groups and outboxes are, asked of real servers.
@Suite(.serialized) struct StatusTests {
    private func status(_ system: TestSystem) throws -> SystemStatus {
        let postgres = try system.postgres
        return SystemStatus(
            OperatedSystem(
                SystemConnections(
                    contract: system.contract,
                    redis: try RedisConfiguration(url: system.redis.url),
                    databases: ["shop": postgres, "shipping": postgres],
                    patience: .milliseconds(200),
                    databasePatience: .milliseconds(200)
                )
            )
        )
    }

    @Test func theLargestIDThatRedisKnowsIsCountedWith() async throws {
        try await withOrders { system, _ in
            let servers = try status(system)
            try system.redis.cli("XADD", "orders:0", "*", "by", "hand")
            try system.redis.cli("XADD", "orders:0", "18446744073709551615-18446744073709551615", "by", "hand")
            let topic = try #require(try await servers.topics().first)
            let stream = try #require(topic.partitions.first)
            #expect(stream.last?.position == .max && stream.length == 2 && stream.missing == .max - 1)
            #expect(stream.rate ?? 0 > 0)
        }
    }

    @Test func lagAndAgeAreThoseOfWhatIsBehindTheCheckpoint() async throws {
        let start = ContinuousClock.now
        try await withOrders { system, database in
            let servers = try status(system)
            // A server of a busy machine may not answer at once.
            try await eventually("both servers have answered") {
                try await servers.progress(of: "shipping").problems.isEmpty
            }
            let unknown = try await servers.progress(of: "shipping")
            #expect(unknown.partitions.count == 4)
            #expect(
                unknown.partitions.allSatisfy { $0.lag == nil && $0.checkpoint == nil },
                "a group that has never started is nowhere, not at 0"
            )
            try await running(system, workers: 1) {
                try await publish(8, to: database)
                try await eventually("all is processed, and known to be") {
                    let status = try await servers.progress(of: "shipping")
                    return status.partitions.map(\.lag) == [0, 0, 0, 0]
                        && status.partitions.allSatisfy { $0.oldestUnprocessedAge == .zero && $0.owner != nil }
                        && status.partitions.reduce(0) { $0 + ($1.checkpoint?.position ?? 0) } == 8
                }
            }
            let relay = try system.relay(owner: "shop")
            let relaying = Task { try await relay.run() }
            try await publish(12, to: database)
            try await eventually("the lag is the twelve events that nobody has processed") {
                let status = try await servers.progress(of: "shipping")
                return status.partitions.reduce(0) { $0 + ($1.lag ?? 0) } == 12
            }
            let status = try await servers.progress(of: "shipping")
            for partition in status.partitions {
                #expect(partition.owner == nil, "the pool has stopped")
                #expect(partition.failed == GroupStatus.Failures())
                let age = try #require(partition.oldestUnprocessedAge)
                #expect((partition.lag == 0) == (age == .zero) && age <= start.duration(to: .now) + .seconds(1))
            }
            relaying.cancel()
            try await relaying.value
        }
    }

    @Test func theOutboxTellsWhatWaitsAndSinceWhen() async throws {
        try await withOrders { system, database in
            let servers = try status(system)
            let start = ContinuousClock.now
            let empty = try await servers.outbox(ownedBy: "shop")
            #expect(empty.topics?.map(\.waiting) == [0] && empty.topics?.first?.oldestAge == .zero)
            try await database.transaction { tx in
                try tx.publish(
                    OrderCounted(order: "a", count: 1),
                    time: Timestamp(milliseconds: Timestamp.now.milliseconds - 90_000)
                )
                try tx.publish(OrderCounted(order: "b", count: 1))
            }
            let two = try await servers.outbox(ownedBy: "shop")
            #expect(two.topics?.map(\.waiting) == [2])
            let age = try #require(two.topics?.first?.oldestAge)
            #expect(age >= .seconds(90) && age <= .seconds(91) + start.duration(to: .now))
            #expect(
                two.samples.map(\.label) == [
                    "perch_outbox_waiting_events", "perch_outbox_oldest_age_seconds", "perch_delayed_events",
                    "perch_delayed_overdue_seconds",
                ]
            )
        }
    }

    @Test func failuresAreCountedByState() async throws {
        try await withOrders { system, database in
            _ = try await database.execute(
                "INSERT INTO perch.checkpoints (group_name, topic, partition) VALUES ('shipping', 'orders', 1)"
            )
            _ = try await database.execute(
                """
                INSERT INTO perch.failed_events
                    (group_name, topic, partition, position, entry_id, event_id, type, version, subject, time, payload, state, error)
                SELECT 'shipping', 'orders', 1, n, '1-' || n, gen_random_uuid(), 't', 1, 's', now(), '', state, ''
                FROM unnest(ARRAY['failed', 'held', 'held', 'dead', 'dead', 'dead']) WITH ORDINALITY AS f (state, n)
                """
            )
            let status = try await status(system).progress(of: "shipping")
            let failed = try #require(status.partitions[1].failed)
            #expect((failed.failed, failed.held, failed.dead) == (1, 2, 3))
            let samples = status.samples.filter { $0.label == "perch_failed_events" }
            #expect(
                samples.map { "\($0.dimensions.last?.value ?? "") \($0.value)" } == [
                    "failed 1.0", "held 2.0", "dead 3.0",
                ]
            )
        }
    }

    /// What a scrape costs does not grow with what has failed or waits.
    @Test func noMoreIsCountedThanTheBound() async throws {
        try await withOrders { system, database in
            _ = try await database.execute(
                """
                INSERT INTO perch.failed_events
                    (group_name, topic, partition, position, entry_id, event_id, type, version, subject, time, payload, state, error)
                SELECT g, 'orders', 1, n, '1-' || n, gen_random_uuid(), 't', 1, 's', now(), '', 'dead', ''
                FROM generate_series(1, 12) AS n, unnest(ARRAY['billing', 'shipping']) AS g
                """
            )
            try await publish(60, to: database)
            let connection = try PostgresConnection(try system.postgres)
            func counted(_ bound: Int) throws -> (dead: Int, waiting: Int) {
                let store = StatusStore(connection: connection, countedAtMost: bound)
                var partitions = orders.allPartitions.map { GroupStatus.PartitionStatus(partition: $0) }
                try store.readFailures(of: &partitions, in: "shipping")
                let dead = partitions.compactMap(\.failed).reduce(0) { $0 + $1.dead }
                return (dead, try store.waiting(of: ["orders"]).first?.waiting ?? 0)
            }
            #expect(try counted(5) == (5, 5 * orders.allPartitions.count))
            #expect(try counted(12).dead == 12)
            #expect(try counted(100_000) == (12, 60))
        }
    }

    @Test(.timeLimit(.minutes(30))) func whatAServerDoesNotTellIsLeftOutAndComesBackWithIt() async throws {
        try await withLocalServers { redis, postgres in
            let system = try TestSystem(
                contract: Contract(topics: [orders]),
                owner: "shop",
                redis: redis,
                databaseURL: try postgres.createDatabase()
            )
            let servers = try status(system)
            let connection = try PostgresConnection(try system.postgres)
            try connection.execute(
                "INSERT INTO perch.checkpoints (group_name, topic, partition) SELECT 'shipping', 'orders', generate_series(0, 3)"
            )
            for number in 0..<4 { _ = try redis.cli("XADD", "orders:\(number)", "5-1", "a", "b") }
            #expect(try await servers.progress(of: "shipping").partitions.map(\.lag) == [1, 1, 1, 1])

            // Silent until this has an answer: one that waited for it would wait for ever.
            redis.pause()
            let withoutRedis = try await servers.progress(of: "shipping")
            redis.resume()
            #expect(withoutRedis.partitions.allSatisfy { $0.lag == nil && $0.checkpoint == .zero })
            #expect(withoutRedis.problems.count == 1)
            #expect(Set(withoutRedis.samples.map(\.label)) == ["perch_failed_events"])

            postgres.kill()
            let withoutPostgres = try await servers.progress(of: "shipping")
            let outbox = try await servers.outbox(ownedBy: "shop")
            #expect(withoutPostgres.partitions.allSatisfy { $0.lag == nil && $0.failed == nil })
            #expect(withoutPostgres.partitions.map(\.lastEntry) == Array(repeating: EntryID("5-1"), count: 4))
            #expect(outbox.topics == nil && outbox.samples.isEmpty)

            try postgres.restart()
            #expect(try await servers.progress(of: "shipping").partitions.map(\.lag) == [1, 1, 1, 1])
        }
    }

    private func publish(_ count: Int, to database: Database) async throws {
        try await database.transaction { tx in
            for number in 0..<count { try tx.publish(OrderCounted(order: "order-\(number)", count: number)) }
        }
    }
}
