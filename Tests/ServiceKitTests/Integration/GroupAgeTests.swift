import Perch
import PerchOperating
import PerchTesting
import Postgres
import Redis
import ServiceKit
import Testing

@Suite struct GroupAgeTests {
    @Test func theOldestEventThatIsNotHandledHasAnAgeAndOneThatNobodyReadsIsNotKnown() async throws {
        try await withPost { system, database, _ in
            let status = try system.status(patience: .seconds(60))
            func age() async -> Duration? { await status.oldestUnprocessedAge(of: "post") }
            func send() async throws {
                try await database.transaction { tx in try tx.publish(ParcelSent(parcel: "a")) }
            }
            #expect(await age() == .zero)
            try await whileRelaying(system) {
                try await send()
                try await eventually("there is an event, and no worker has ever begun") { await age() == nil }
            }
            try await whileRunning(system.relay(owner: "post"), system.pool(Self.group)) {
                try await eventually("it is handled") { await age() == .zero }
            }
            try await whileRelaying(system) {
                try await send()
                try await eventually("it waits") { await age().map { $0 > .zero } ?? false }
                let before = try #require(await age())
                try await eventually("and longer") { await age().map { $0 > before } ?? false }
            }
        }
    }

    @Test func whereRedisIsAwayItIsNotKnown() async throws {
        try await withPost { system, _, _ in
            let status = SystemStatus(
                OperatedSystem(
                    SystemConnections(
                        contract: Contract(topics: [parcels]),
                        redis: try RedisConfiguration(url: "redis://127.0.0.1:1"),
                        databases: ["post": try system.postgres]
                    )
                )
            )
            #expect(await status.oldestUnprocessedAge(of: "post") == nil)
        }
    }

    private static var group: ConsumerGroup {
        ConsumerGroup(name: "post", subscriptions: [Subscription(topic: "parcels", handlers: [Deliver { _ in }])])
    }

    private func whileRelaying(_ system: TestSystem, _ body: () async throws -> Void) async throws {
        let relay = try system.relay(owner: "post")
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await relay.run() }
            try await body()
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    }
}
