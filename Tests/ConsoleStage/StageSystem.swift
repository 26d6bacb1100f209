import Foundation
import LocalServers
import Logging
import Perch
import PerchOperating
import Postgres
import Redis
import ServiceLifecycle
import Times

/// A system for people and browsers to look at: private servers, a database a service, workers that work, some that fail.
struct StageSystem: Sendable {
    let redis: LocalRedis
    let postgres: LocalPostgres
    let databases: [String: String]
    private let logger: Logger

    /// Starts servers and prepares databases.
    init() throws {
        redis = try LocalRedis()
        try redis.start()
        postgres = try LocalPostgres(fsync: false)
        try postgres.start()
        var databases: [String: String] = [:]
        for service in StageContract.services {
            let url = try postgres.createDatabase()
            try ServiceDatabase.prepare(
                PostgresConnection(PostgresConfiguration(url: url)),
                owner: service,
                contract: StageContract.contract
            )
            databases[service] = url
        }
        self.databases = databases
        var logger = Logger(label: "stage")
        logger.logLevel = .critical
        self.logger = logger
    }

    func end() {
        redis.kill()
        postgres.kill()
    }

    func connections() throws -> SystemConnections {
        SystemConnections(
            contract: StageContract.contract,
            redis: try RedisConfiguration(url: redis.url),
            databases: try databases.mapValues { try PostgresConfiguration(url: $0) },
            // A busy machine is not what is looked at.
            patience: .seconds(3600)
        )
    }

    /// Relays of both owners, workers of three groups, a scheduler, and somebody who orders. `mailing` does not read orders.
    func services() throws -> [any Service] {
        try services(
            ordering: Shopping(database: Database(try configuration("shop"), size: 2)),
            billing: WriteInvoice(),
            shipping: Ship()
        )
    }

    /// The same for the flows of a browser. While somebody has paused `billing`, nothing that failed in it can be changed: so what takes a
    /// moment elsewhere takes until it is resumed.
    func servicesForFlows() throws -> [any Service] {
        let billing = try PostgresConnection(try configuration("billing"))
        try billing.execute(
            """
            CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                WHILE EXISTS (SELECT FROM perch.leases WHERE paused_at IS NOT NULL) LOOP PERFORM pg_sleep(0.01); END LOOP;
                RETURN NEW;
            END $$
            """
        )
        try billing.execute(
            "CREATE TRIGGER wait BEFORE UPDATE ON perch.failed_events FOR EACH ROW EXECUTE FUNCTION public.wait()"
        )
        return try services(
            ordering: OrderForFlows(database: Database(try configuration("shop"), size: 2)),
            billing: RefuseSome(isOfBulksAlone: true),
            shipping: RefuseSome()
        )
    }

    private func services(
        ordering: any Service,
        billing: any EventHandler<OrderPlaced>,
        shipping: any EventHandler<OrderPlaced>
    ) throws -> [any Service] {
        var retries = RetryPolicy()
        retries.firstDelay = .seconds(3600)
        return [
            try relay("shop"), try relay("billing"), ordering, try scheduler("billing"),
            try pool("billing", [Subscription(topic: "orders", handlers: [billing], isIdempotent: true)]),
            try pool("mailing", [Subscription(topic: "invoices", handlers: [MailInvoice()], isIdempotent: true)]),
            try pool(
                "shipping",
                [Subscription(topic: "orders", handlers: [shipping], isIdempotent: true, retryPolicy: retries)]
            ),
        ]
    }

    private func scheduler(_ service: String) throws -> Scheduler {
        var settings = Scheduler.Settings()
        settings.look = .milliseconds(250)
        return try Scheduler(
            service: service,
            schedules: [Schedule("reminders", .every(.seconds(86_400))) { _, _ in }],
            contract: StageContract.contract,
            postgres: try configuration(service),
            settings: settings,
            logger: logger
        )
    }

    private func configuration(_ service: String) throws -> PostgresConfiguration {
        try PostgresConfiguration(url: databases[service] ?? "")
    }

    private func relay(_ owner: String) throws -> OutboxRelay {
        OutboxRelay(
            owner: owner,
            contract: StageContract.contract,
            configuration: .init(redis: try RedisConfiguration(url: redis.url), postgres: try configuration(owner)),
            logger: logger
        )
    }

    private func pool(_ group: GroupName, _ subscriptions: [Subscription]) throws -> WorkerPool {
        try WorkerPool(
            group: ConsumerGroup(name: group, subscriptions: subscriptions),
            contract: StageContract.contract,
            configuration: .init(
                redis: try RedisConfiguration(url: redis.url),
                postgres: try configuration(group.rawValue)
            ),
            logger: logger
        )
    }
}

/// Orders: 400 at once, and then some a second.
private struct Shopping: Service {
    let database: Database

    func run() async throws {
        try await order(0..<400)
        _ = try await database.transaction { tx in
            for day in 1...3 {
                let due = Timestamp(milliseconds: Timestamp.now.milliseconds + Int64(day) * 86_400_000)
                try tx.publish(
                    OrderPlaced(order: "order-\(day)", customer: "Eve <eve@example.org>", amount: 5),
                    notBefore: due
                )
            }
        }
        var count = 400
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            try await order(count..<(count + 5))
            count += 5
            // habits: it waits for nothing, it makes orders for whoever looks
            try? await Task.sleep(for: .milliseconds(250))
        }
        await database.close()
    }

    private func order(_ numbers: Range<Int>) async throws {
        try await database.transaction { tx in
            for number in numbers {
                // Amounts above 400 are those that ship.
                let amount = number < 400 ? number : 400 + number / 40 * 40
                try tx.publish(
                    OrderPlaced(order: "order-\(number % 120)", customer: "Ann <ann@example.org>", amount: amount)
                )
            }
        }
    }
}
