import Foundation
import Logging
import Perch
import Postgres
import Redis
import ServiceLifecycle

/// A worker pool whose handler ends its process at each event of the order `poison`, and never ends at one of the order `hang`:
/// `killing-worker REDIS_URL DATABASE_URL [GROUP [LOG_LEVEL [SECONDS]]]`. With a group that is not empty it writes its events down
/// under that name. With seconds it stops by that deadline at SIGTERM, and handles one event at a time by its limit.
@main
enum KillingWorker {
    static func main() async throws {
        let arguments = CommandLine.arguments
        var policy = RetryPolicy()
        policy.attempts = 2
        let name = arguments.count > 3 && !arguments[3].isEmpty ? arguments[3] : nil
        let seconds = arguments.count > 5 ? Int(arguments[5]) : nil
        let handler = Poisoned(prefix: name.map { "\($0)/" } ?? "")
        let group = ConsumerGroup(
            name: GroupName(rawValue: name ?? "shipping"),
            subscriptions: [
                Subscription(
                    topic: "orders",
                    handlers: [handler],
                    retryPolicy: policy,
                    limit: seconds == nil ? nil : WorkLimit("one", atATime: 1)
                )
            ]
        )
        let orders = TopicContract(
            name: "orders",
            owner: "shop",
            key: "order",
            partitions: 4,
            groups: [group.name],
            events: []
        )
        var settings = WorkerPool.Settings()
        settings.workers = 2
        settings.lease = .seconds(1)
        settings.heartbeat = .milliseconds(200)
        if seconds != nil { settings.drain = .milliseconds(200) }
        var logger = Logger(label: "killing-worker")
        logger.logLevel = arguments.count > 4 ? Logger.Level(rawValue: arguments[4]) ?? .critical : .critical
        let pool = try WorkerPool(
            group: group,
            contract: Contract(topics: [orders]),
            configuration: .init(
                redis: try RedisConfiguration(url: arguments[1]),
                postgres: try PostgresConfiguration(url: arguments[2])
            ),
            settings: settings,
            logger: logger
        )
        guard let seconds else { return try await pool.run() }
        try await ServiceGroup(services: [pool], stoppingWithin: .seconds(seconds), logger: logger).run()
    }
}

private struct Counted: Event {
    static let type: EventType = "order_counted"
    static let topic: TopicName = "orders"
    let order: String
    let count: Int
    var version: Int { 1 }
    var key: String { order }
}

private struct Poisoned: EventHandler {
    let prefix: String

    func handle(_ event: Counted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        if event.order == "poison" { fatalError("poisoned") }
        while event.order == "hang" { pause() }
        let key = prefix + event.order
        try tx.execute("INSERT INTO effects (event_id, key, count) VALUES (\(delivery.id), \(key), \(event.count))")
    }
}
