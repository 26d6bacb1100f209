import Foundation
import LocalServers
import Logging
import Perch
import PerchOperating
import PerchTesting
import PopugEvents
import Postgres
import Redis
import Testing

@testable import Analytics

/// The read model is built anew while events flow, on a real Redis and Postgres, by the service's own role.
@Suite(.serialized) struct RebuildTests {
    /// Publishes to all topics from one database, which is the read model's too.
    private struct System {
        let system: TestSystem
        let fixture: AnalyticsFixture
        let database: Database
        let appURL: String

        func pool(workers: Int) throws -> WorkerPool {
            var settings = WorkerPool.Settings()
            settings.workers = workers
            settings.batchSize = 40
            return try WorkerPool(
                group: Analytics.consumerGroup(),
                contract: system.contract,
                configuration: try configuration,
                settings: settings,
                logger: system.logger
            )
        }

        func rewind() throws -> GroupRewind {
            try GroupRewind(
                group: Analytics.consumerGroup(),
                contract: system.contract,
                configuration: try configuration
            )
        }

        private var configuration: WorkerPool.Configuration {
            get throws {
                .init(
                    redis: try RedisConfiguration(url: system.redis.url),
                    postgres: try PostgresConfiguration(url: appURL)
                )
            }
        }

        /// How many events have been counted: each has an id of its own in one of these.
        func counted() async throws -> Int {
            try await database.query(
                """
                SELECT (SELECT count(*) FROM analytics.movements) + (SELECT count(*) FROM analytics.contradictions)
                    + (SELECT count(priced_by) FROM analytics.tickets) + (SELECT count(role) FROM analytics.users) AS n
                """
            ) { try $0.decode("n", as: Int.self) }.first ?? 0
        }
    }

    private func publish(_ deliveries: [Delivery], to database: Database) async throws {
        for delivery in deliveries {
            try await database.execute(
                """
                INSERT INTO perch.outbox (topic, event_id, type, version, key, time, data)
                VALUES (\(delivery.topic.rawValue), \(delivery.id), \(delivery.type.rawValue),
                    \(Int32(delivery.version)), \(delivery.subject), \(delivery.time),
                    \(String(decoding: delivery.envelope.data, as: UTF8.self))::json)
                """
            )
        }
    }

    private func withSystem(_ body: (System) async throws -> Void) async throws {
        try await withLocalRedis { redis in
            let fixture = try AnalyticsFixture()
            let topics = fixture.contract.topics.map { topic in
                TopicContract(
                    name: topic.name,
                    owner: "all",
                    key: topic.key,
                    partitions: topic.partitions,
                    groups: ["analytics"],
                    events: topic.events
                )
            }
            let system = try TestSystem(
                contract: Contract(topics: topics),
                owner: "all",
                redis: redis,
                databaseURL: fixture.url
            )
            let database = try fixture.database
            try await body(
                System(system: system, fixture: fixture, database: database, appURL: try fixture.grantToNewRole())
            )
            await database.close()
        }
    }

    private func history(_ system: System, seed: UInt64) throws -> [Delivery] {
        var generator = SplitMix64(seed: seed)
        let history = try History(contract: system.system.contract, using: &generator)
        return history.users + history.tickets + history.prices + history.wages
    }

    /// What the same events give when they are read once, in their order.
    private func expected(_ events: [Delivery]) throws -> [String] {
        let fixture = try AnalyticsFixture()
        for event in events { try fixture.harness.deliver([event]) }
        return try fixture.dump()
    }

    private func running(_ system: System, workers: Int, _ body: () async throws -> Void) async throws {
        let relay = try system.system.relay(owner: "all")
        let pool = try system.pool(workers: workers)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await relay.run() }
            tasks.addTask { try await pool.run() }
            try await body()
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    }

    private func untilDone(_ rewind: GroupRewind) async throws {
        try await eventually("what was there at the start is counted again") { try await rewind.progress().isDone }
    }

    @Test(arguments: [1, 3]) func aRebuildDuringTrafficEndsAsBeforeWithTheNewEvents(_ workers: Int) async throws {
        try await withSystem { system in
            let before = try history(system, seed: 21)
            let during = try history(system, seed: 22)
            let database = system.database
            try await running(system, workers: workers) {
                try await publish(before, to: system.database)
                try await eventually("all is counted") { try await system.counted() == before.count }
                #expect(try system.fixture.dump() == expected(before))

                async let traffic: Void = publish(during, to: database)
                let rewind = try system.rewind()
                let start = try await rewind.start(by: "ann")
                #expect(start.total >= before.count && start.workers == workers)
                try await untilDone(rewind)
                try await traffic
                try await eventually("the new events too") {
                    try await system.counted() == before.count + during.count
                }
            }
            #expect(try system.fixture.brokenRules() == [])
            #expect(try system.fixture.dump() == expected(before + during))
        }
    }

    @Test func twoRebuildsAtOnceAndOneMoreAmidThemEndInTheSameState() async throws {
        try await withSystem { system in
            let events = try history(system, seed: 31)
            try await running(system, workers: 2) {
                try await publish(events, to: system.database)
                try await eventually("all is counted") { try await system.counted() == events.count }
                let (first, second, third) = (try system.rewind(), try system.rewind(), try system.rewind())
                async let one = first.start(by: "ann")
                async let two = second.start(by: "ann")
                _ = try await (one, two)
                _ = try await third.start(by: "ann")
                for rewind in [first, second, third] { try await untilDone(rewind) }
            }
            #expect(try system.fixture.dump() == expected(events))
        }
    }

    @Test func whoeverHasNoWorkerIsToldSoAndAWorkerThatComesLaterDoesIt() async throws {
        try await withSystem { system in
            let events = try history(system, seed: 41)
            try await running(system, workers: 1) {
                try await publish(events, to: system.database)
                try await eventually("all is counted") { try await system.counted() == events.count }
            }
            let rewind = try system.rewind()
            let start = try await rewind.start(by: "ann")
            #expect(start.replayed == 0)
            #expect(start.total == events.count)
            #expect(start.workers == 0)
            #expect(try await system.counted() == 0)
            let reports = Reports(timeZone: .gmt)
            let told = try #require(try await reports.rebuild(in: system.database))
            #expect(told.replayed == 0 && told.total == Int64(events.count))
            try await running(system, workers: 1) { try await untilDone(rewind) }
            #expect(try await reports.rebuild(in: system.database) == nil)
            #expect(try system.fixture.dump() == expected(events))
        }
    }
}
