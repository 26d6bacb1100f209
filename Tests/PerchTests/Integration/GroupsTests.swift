import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Redis
import Testing

/// Several consumer groups on the same topics in one database.
@Suite(.serialized) struct GroupsTests {
    @Test func twoGroupsInOneDatabaseEachHandleEverything() async throws {
        try await withTwoGroups { system, database in
            try await running(system, [try system.pool(group("mailer")), try system.pool(group("stock"))]) {
                for count in 0..<20 { try await publish(count, database) }
                try await eventually("each group has handled all") {
                    try await handled(database) == ["mailer": 200, "stock": 200]
                }
            }
            try await expectOnceAndInOrder(database)
            let positions = try await database.query(
                "SELECT group_name, sum(position)::bigint AS n FROM perch.checkpoints GROUP BY group_name ORDER BY 1"
            ) { (try $0.decode("group_name", as: String.self), try $0.decode("n", as: Int.self)) }
            #expect(positions.map(\.0) == ["mailer", "stock"] && positions.map(\.1) == [200, 200])
        }
    }

    @Test func twoGroupsInOneDatabaseEachHandleEverythingThoughTheirProcessesAreKilled() async throws {
        try await withTwoGroups { system, database in
            var processes: [(group: String, process: Process)] = []
            for group in ["mailer", "stock", "mailer", "stock"] {
                processes.append((group, try start(system, group)))
            }
            try await running(system, []) {
                for count in 0..<40 {
                    try await publish(count, database)
                    guard count % 4 == 3 else { continue }
                    // It is at work: what it has taken since the last kill shows in the effects.
                    let before = try await handled(database)
                    let victim = processes.remove(at: Int.random(in: processes.indices))
                    try await eventually("\(victim.group) goes on") {
                        let now = try await handled(database)[victim.group, default: 0]
                        return now > before[victim.group, default: 0] || now == (count + 1) * 10
                    }
                    kill(victim.process.processIdentifier, SIGKILL)
                    victim.process.waitUntilExit()
                    processes.append((victim.group, try start(system, victim.group)))
                }
                try await eventually("each group has handled all") {
                    try await handled(database) == ["mailer": 400, "stock": 400]
                }
            }
            for process in processes.map(\.process) {
                process.terminate()
                process.waitUntilExit()
            }
            try await expectOnceAndInOrder(database)
        }
    }

    @Test func whatAnOperatorDoesToOneGroupIsNotDoneToTheOther() async throws {
        try await withTwoGroups { system, database in
            let postgres = try system.postgres
            let connections = SystemConnections(
                contract: system.contract,
                redis: try .init(url: system.redis.url),
                databases: ["mailer": postgres, "stock": postgres, "shop": postgres],
                patience: .seconds(3600)
            )
            let refusing = ConsumerGroup(
                name: "mailer",
                subscriptions: [Subscription(topic: "orders", handlers: [Refusing()])]
            )
            let mailer = FailedEvents(database, of: "mailer")
            let stock = FailedEvents(database, of: "stock")
            try await running(system, [try system.pool(refusing), try system.pool(group("stock"))]) {
                try await publish(0, database)
                try await eventually("one has failed at all, the other at none") {
                    let dead = try await mailer.count()
                    return try await handled(database) == ["stock": 10] && dead == 10
                }
                #expect(try await stock.list().isEmpty)
                let id = try #require(try await mailer.list().first?.id)
                #expect(try await stock.event(id: id) == nil)
                #expect(try await stock.discard(id: id, reason: "x", by: "ann") == false)
                #expect(try await stock.retry(filter: .init(), by: "ann").count == 0)
                #expect(try await stock.retry(id: id, payload: Array("{}".utf8), by: "ann") == .gone)
                #expect(try await mailer.discard(id: id, reason: "x", by: "ann"))

                let pauses = Pauses(OperatedSystem(connections))
                #expect(try await pauses.pause("mailer", by: "ann") == 4)
                try await publish(1, database)
                try await eventually("the other goes on") {
                    try await handled(database) == ["stock": 20]
                }
                #expect(try await pauses.resume("stock", by: "ann") == 0)
                #expect(try await pauses.resume("mailer", by: "ann") == 4)
                try await eventually("it goes on too") { try await mailer.count() == 19 }
            }
            let reports = try await SystemStatus(OperatedSystem(connections)).groups()
            // The later events of nine keys are held behind the dead letters.
            let dead = reports.map { $0.status.partitions.reduce(0) { $0 + ($1.failed?.dead ?? 0) } }
            let held = reports.map { $0.status.partitions.reduce(0) { $0 + ($1.failed?.held ?? 0) } }
            #expect(dead == [10, 0] && held == [9, 0])
            let recorded = try await database.query(
                "SELECT DISTINCT coalesce(group_name, '') AS g FROM perch.operations"
            ) { try $0.decode("g", as: String.self) }
            #expect(recorded == ["mailer"])
        }
    }

    // MARK: Helpers

    private func withTwoGroups(_ body: (TestSystem, Database) async throws -> Void) async throws {
        let topic = TopicContract(
            name: "orders",
            owner: "shop",
            key: "order",
            partitions: 4,
            groups: ["mailer", "stock"],
            events: []
        )
        try await withOrders(topic, body)
    }

    private func group(_ name: String) -> ConsumerGroup {
        ConsumerGroup(
            name: GroupName(rawValue: name),
            subscriptions: [Subscription(topic: "orders", handlers: [WriteDownAs(group: name)])]
        )
    }

    private func running(_ system: TestSystem, _ pools: [WorkerPool], _ body: () async throws -> Void) async throws {
        let relay = try system.relay(owner: "shop")
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await relay.run() }
            for pool in pools { tasks.addTask { try await pool.run() } }
            try await body()
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    }

    private func start(_ system: TestSystem, _ group: String) throws -> Process {
        let process = try killingWorker()
        process.arguments = [system.redis.url, system.databaseURL, group]
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// One event each of ten orders.
    private func publish(_ count: Int, _ database: Database) async throws {
        try await database.transaction { tx in
            try tx.publish((0..<10).map { Publication(OrderCounted(order: "order-\($0)", count: count)) })
        }
    }

    private func handled(_ database: Database) async throws -> [String: Int] {
        let rows = try await database.query(
            "SELECT split_part(key, '/', 1) AS g, count(*) AS n FROM effects GROUP BY 1"
        ) { (try $0.decode("g", as: String.self), try $0.decode("n", as: Int.self)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    private func expectOnceAndInOrder(_ database: Database) async throws {
        let wrong = try await database.query(
            """
            SELECT key, count FROM (
                SELECT key, count, lag(count) OVER (PARTITION BY key ORDER BY sequence) AS before FROM effects
            ) AS e WHERE count <> coalesce(before + 1, 0)
            """
        ) { "\(try $0.decode("key", as: String.self)) \(try $0.decode("count", as: Int.self))" }
        #expect(wrong == [])
    }
}

/// Writes each event down under its group's name, without a unique key: what is doubled must show.
private struct WriteDownAs: EventHandler {
    let group: String

    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        let key = "\(group)/\(event.order)"
        try tx.execute("INSERT INTO effects (event_id, key, count) VALUES (\(delivery.id), \(key), \(event.count))")
    }
}

private struct Refusing: EventHandler {
    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        throw HandlerVerdict.reject("no mail")
    }
}
