import Foundation
import LocalServers
import PerchTesting
import Postgres
import Redis
import Testing

@testable import Perch

/// Entries in a row that cannot be read: what follows them says whether they are ours, however few a read delivers.
@Suite struct UnreadableRunTests {
    private static let milliseconds = Timestamp.now.milliseconds

    /// Appends to partition 0 so many that no reader takes, from position 1 on, and behind them one of this key that can be read.
    private func append(unreadable count: Int, thenOneOf key: String, to redis: LocalRedis) throws {
        let connection = try RedisConnection(RedisConfiguration(url: redis.url))
        for position in 1...count + 1 {
            let isLast = position > count
            var command = RedisCommand("XADD", "orders:0", "\(Self.milliseconds)-\(position)")
            let fields = HostileEntryTests.envelope(
                key: isLast ? key : "other",
                schema: isLast ? "order_counted/1" : "order_counted/0"
            )
            for field in fields { command.append(field) }
            try connection.send(command)
        }
        try connection.receiveOutstanding()
    }

    private static let subscription = Subscription(topic: "orders", handlers: [WriteDown()])

    /// A read delivers a quarter of the batch: of three, of thirty, of 499, as many as there may be.
    @Test(arguments: [(4, 3), (12, 3), (40, 30), (500, 499)])
    func unreadableEntriesInARowAreDeadLettersHoweverFewAReadDelivers(batchSize: Int, count: Int) async throws {
        try await withOrders(declaredOrders) { system, database in
            let key = keyOfEachPartition[0]
            try append(unreadable: count, thenOneOf: key, to: system.redis)
            var settings = WorkerPool.Settings()
            settings.workers = 1
            settings.batchSize = batchSize
            try await running(system, Self.subscription, settings) {
                try await database.eventuallyHandled(key, [99])
                try await eventually("the relay has them in the log") {
                    try await database.count("SELECT count(*) FROM perch.log") == count + 1
                }
                try await database.transaction { tx in try tx.publish(OrderCounted(order: key, count: 2)) }
                try await database.eventuallyHandled(key, [99, 2])
            }
            let dead = try await database.query("SELECT position FROM perch.failed_events ORDER BY position") {
                try $0.decode(0, as: Int.self)
            }
            #expect(dead == Array(1...count))
            #expect(try await database.count("SELECT count(*) FROM perch.foreign_entries") == 0)
        }
    }

    /// More than the relay looks at at a time: it sets them aside, so no worker may handle any of them, not even one whose reads are
    /// so long that they show the end.
    @Test func moreInARowThanTheRelayLooksAtAreForeignToEveryReader() async throws {
        try await withOrders(declaredOrders) { system, database in
            let key = keyOfEachPartition[0]
            try append(unreadable: 500, thenOneOf: key, to: system.redis)
            let log = CollectedLog()
            var observed = system
            observed.logger = log.logger
            var settings = WorkerPool.Settings()
            settings.workers = 1
            settings.batchSize = 10_000
            let group = ConsumerGroup(name: "shipping", subscriptions: [Self.subscription])
            let pool = try observed.pool(group, settings: settings)
            let working = Task { try await pool.run() }
            try await eventually("the worker stands, or has passed them") {
                let handled = try await database.count("SELECT count(*) FROM effects")
                return handled > 0
                    || log.lines.contains { $0.message.hasPrefix("the entry after the checkpoint is missing") }
            }
            let relay = try system.relay(owner: "shop")
            let relaying = Task { try await relay.run() }
            try await eventually("they are kept aside") {
                try await database.count("SELECT count(*) FROM perch.foreign_entries") == 501
            }
            try await database.transaction { tx in try tx.publish(OrderCounted(order: key, count: 2)) }
            try await eventually("what is published goes on") {
                try await database.count("SELECT count(*) FROM effects") > 0
            }
            for task in [working, relaying] {
                task.cancel()
                try await task.value
            }
            try await database.eventuallyHandled(key, [2])
            #expect(try await database.count("SELECT count(*) FROM perch.failed_events") == 0)
        }
    }

    /// What becomes of the first only the relay knows, which takes the second out.
    @Test func whatIsOursOnlyByAnEntryFarAheadOfTheClockWaitsForTheRelay() async throws {
        try await withOrders(declaredOrders) { system, database in
            let key = keyOfEachPartition[0]
            let ahead = Self.milliseconds + 3_600_000
            let unreadable = HostileEntryTests.envelope(key: "other", schema: "order_counted/0")
            try system.redis.add("orders:0", "\(Self.milliseconds)-1", unreadable)
            try system.redis.add("orders:0", "\(ahead)-2", HostileEntryTests.envelope(key: key))
            let log = CollectedLog()
            var observed = system
            observed.logger = log.logger
            var settings = WorkerPool.Settings()
            settings.workers = 1
            let group = ConsumerGroup(name: "shipping", subscriptions: [Self.subscription])
            let pool = try observed.pool(group, settings: settings)
            let working = Task { try await pool.run() }
            try await eventually("the worker stands before them") {
                log.lines.contains { $0.message.hasPrefix("the next entry's id is ahead of the clock") }
            }
            #expect(try await database.count("SELECT count(*) FROM perch.failed_events") == 0)
            let relay = try system.relay(owner: "shop")
            let relaying = Task { try await relay.run() }
            try await eventually("what lies ahead is kept aside") {
                try await database.count("SELECT count(*) FROM perch.foreign_entries") == 1
            }
            try await database.transaction { tx in try tx.publish(OrderCounted(order: key, count: 2)) }
            try await database.eventuallyHandled(key, [2])
            for task in [working, relaying] {
                task.cancel()
                try await task.value
            }
            #expect(try await database.count("SELECT count(*) FROM perch.failed_events WHERE state = 'dead'") == 1)
        }
    }

    // MARK: What a later look says

    private func entries(_ connection: RedisConnection, _ arguments: String...) throws -> DeliveredEntries {
        var command = RedisCommand("XRANGE", "orders:0")
        for argument in arguments { command.append(argument) }
        try connection.send(command)
        return try connection.receive { reply, memory in
            try DeliveredEntries(reply, of: Partition("orders", 0), source: "shop", in: memory)
        }
    }

    @Test func aLaterLookTellsOfEntriesInDoubtOnlyWhereItStillHasThem() async throws {
        try await withLocalRedis { redis in
            let connection = try RedisConnection(RedisConfiguration(url: redis.url))
            try append(unreadable: 3, thenOneOf: "a", to: redis)
            let cut = try entries(connection, "-", "+", "COUNT", "2")
            let first = try #require(cut.firstInDoubt)
            #expect(first == EntryID(milliseconds: Self.milliseconds, position: 1) && cut.isCut && cut.rows.isEmpty)

            #expect(
                try cut.settled(by: entries(connection, "-", "+", "COUNT", "3")) === cut,
                "nothing that can be read follows"
            )
            #expect(try cut.settled(by: entries(connection, "(\(first)", "+")) === cut, "the first is not among them")
            let whole = try cut.settled(by: entries(connection, "-", "+"))
            #expect(whole.rows.map(\.entryID.position) == [1, 2] && !whole.isCut && whole.hasProblems)
            #expect(whole.firstInDoubt == nil && whole.problem(0) != nil && whole.problem(1) != nil)
            #expect(whole.subject(1) == "other")
            let fourth = EntryID(milliseconds: Self.milliseconds, position: 4)
            #expect(whole.unreadable == [.init(positions: 1...2, follower: fourth)])
            #expect(try entries(connection, "-", "+").unreadable == [.init(positions: 1...3, follower: fourth)])

            // Made again, with an event of the log at the same id.
            try connection.execute(RedisCommand("DEL", "orders:0"))
            for position in 1...3 {
                try redis.add("orders:0", "\(Self.milliseconds)-\(position)", HostileEntryTests.envelope(key: "a"))
            }
            #expect(try cut.settled(by: entries(connection, "-", "+")) === cut, "another entry has its place")
        }
    }

    @Test func entriesInDoubtStandBehindThoseThatWereRead() async throws {
        try await withLocalRedis { redis in
            let connection = try RedisConnection(RedisConfiguration(url: redis.url))
            for (position, schema) in [(1, "order_counted/2"), (2, "order_counted/0"), (3, "order_counted/1")] {
                try redis.add(
                    "orders:0",
                    "\(Self.milliseconds)-\(position)",
                    HostileEntryTests.envelope(key: "key-\(position)", schema: schema)
                )
            }
            let cut = try entries(connection, "-", "+", "COUNT", "2")
            #expect(cut.rows.map(\.entryID.position) == [1] && cut.firstInDoubt?.position == 2)
            let whole = try cut.settled(by: entries(connection, "\(try #require(cut.firstInDoubt))", "+"))
            #expect(whole.rows.map(\.entryID.position) == [1, 2])
            #expect((0...1).map { whole.subject($0) } == ["key-1", "key-2"])
            #expect(whole.problem(0) == nil && whole.kind(0) == EventKind(type: OrderCounted.type, version: 2))
            #expect(whole.problem(1) != nil && whole.kind(1).type == OrderCounted.type)
        }
    }

    /// A gap says that they are not the log's.
    @Test func whatDoesNotCountOnIsNotInDoubt() async throws {
        try await withLocalRedis { redis in
            let connection = try RedisConnection(RedisConfiguration(url: redis.url))
            for position in [1, 3] {
                let fields = HostileEntryTests.envelope(key: "a", schema: "order_counted/0")
                try redis.add("orders:0", "\(Self.milliseconds)-\(position)", fields)
            }
            let cut = try entries(connection, "-", "+")
            #expect(cut.isCut && cut.rows.isEmpty && cut.firstInDoubt == nil)
        }
    }
}
