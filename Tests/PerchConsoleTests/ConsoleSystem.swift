import Foundation
import HTTPTesting
import LocalServers
import Logging
import Perch
import PerchConsole
import PerchOperating
import PerchTesting
import Postgres
import Redis
import ServiceLifecycle

/// A small system with a console on it: one topic, two groups, one database.
struct ConsoleSystem: Sendable {
    let system: TestSystem
    let database: Database
    let connections: SystemConnections
    let client: ConsoleClient
    let console: PerchConsole

    static let orders = TopicContract(
        name: "orders",
        description: "What customers ask for.",
        owner: "shop",
        key: "order",
        partitions: 4,
        groups: ["billing", "shipping"],
        events: [
            EventContract(
                type: "order_counted",
                versions: [
                    EventVersion(
                        number: 1,
                        fields: [
                            Field(name: "order", type: .string), Field(name: "count", type: .integer, minimum: 0),
                            Field(name: "note", type: .string, isRequired: false, isPrivate: true),
                        ]
                    )
                ]
            )
        ]
    )

    /// A Redis that nobody serves.
    static var nobody: RedisConfiguration? { try? RedisConfiguration(url: "redis://127.0.0.1:1") }

    /// Commits so many events, of twelve keys in turn.
    func publish(_ count: Int) async throws {
        try await database.transaction { tx in
            for number in 0..<count {
                try tx.publish(OrderCounted(order: "order-\(number % 12)", count: number))
            }
        }
    }

    /// A relay, and a worker of a group, while the body runs.
    func running(
        _ group: GroupName = "shipping",
        _ handler: any EventHandler<OrderCounted> = CountNothing(),
        _ body: () async throws -> Void
    ) async throws {
        let relay = try system.relay(owner: "shop")
        let pool = try system.pool(
            ConsumerGroup(
                name: group,
                subscriptions: [Subscription(topic: "orders", handlers: [handler], isIdempotent: true)]
            )
        )
        let tasks = [Task { try await relay.run() }, Task { try await pool.run() }]
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        for task in tasks { task.cancel() }
        for task in tasks { try await task.value }
        try result.get()
    }
}

/// A system and its console, for as long as the body runs.
///
/// - Parameter change: Changes the console's settings.
func withConsole(
    _ change: (inout ConsoleSettings) -> Void = { _ in },
    _ body: @escaping @Sendable (ConsoleSystem) async throws -> Void
) async throws {
    try await withLocalRedis { redis in
        let url = try LocalPostgres.shared().createDatabase()
        let contract = Contract(topics: [ConsoleSystem.orders])
        let system = try TestSystem(contract: contract, owner: "shop", redis: redis, databaseURL: url)
        var postgres = try system.postgres
        postgres.connectTimeout = .seconds(3600)
        let connections = SystemConnections(
            contract: contract,
            redis: try RedisConfiguration(url: redis.url),
            databases: ["shop": postgres, "shipping": postgres, "billing": postgres],
            patience: .seconds(3600)
        )
        var settings = ConsoleSettings(connections: connections, context: "test", operatorName: "ann@here")
        // What is awaited is asked for again and again.
        settings.requestsPerSecond = 1_000_000
        settings.scanPatience = .seconds(3600)
        // What a test has changed is seen by the next page.
        settings.lookLife = .zero
        change(&settings)
        let database = Database(postgres, size: 2, acquireTimeout: .seconds(3600))
        try await serve(settings) { client, console in
            try await body(
                ConsoleSystem(
                    system: system,
                    database: database,
                    connections: connections,
                    client: client,
                    console: console
                )
            )
        }
        await database.close()
    }
}

/// A console on a port that nobody else has, for as long as the body runs.
private func serve(
    _ settings: ConsoleSettings,
    _ body: @escaping @Sendable (ConsoleClient, PerchConsole) async throws -> Void
) async throws {
    var settings = settings
    var logger = Logger(label: "console")
    logger.logLevel = .critical
    while true {
        settings.port = try freePort()
        let (addresses, address) = AsyncStream<String>.makeStream()
        let console = try PerchConsole(settings, logger: logger) { address.yield($0) }
        let group = ServiceGroup(services: [console], logger: logger)
        let running = Task {
            defer { address.finish() }
            try await group.run()
        }
        guard let found = await addresses.first(where: { _ in true }) else {
            do { try await running.value } catch  where isPortTaken(error) { continue }
            throw NeverServed()
        }
        let client = ConsoleClient(port: settings.port, token: String(found.split(separator: "=").last ?? ""))
        let result: Result<Void, any Error>
        do { result = .success(try await body(client, console)) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        try await running.value
        return try result.get()
    }
}

/// A console ended before it took connections, and without an error.
struct NeverServed: Error {}

struct OrderCounted: Event {
    static let type: EventType = "order_counted"
    static let topic: TopicName = "orders"
    let order: String
    let count: Int
    var version: Int { 1 }
    var key: String { order }
}

/// An order with a note, which is private.
struct NotedOrder: Event {
    static let type: EventType = "order_counted"
    static let topic: TopicName = "orders"
    let order: String
    let count: Int
    let note: String
    var version: Int { 1 }
    var key: String { order }
}

/// Takes events, and does nothing.
struct CountNothing: EventHandler {
    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {}
}

/// Refuses each event for good: it becomes a dead letter.
struct RefuseAll: EventHandler {
    var words = "the amount is below zero"

    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        throw HandlerVerdict.reject(words)
    }
}
