import Foundation
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Synchronization
import Testing

/// A change of partitions that cannot go on, or was broken off.
@Suite(.serialized) struct PartitionHindranceTests {
    @Test func aGroupWithAFailedEventBlocksItAndIsNamed() async throws {
        try await withPartitionSystem(4) { system in
            try await system.running(4) {
                try await system.publish(0..<2)
                try await eventually("all took effect") { try await system.effectCount() == 48 }
                for state in ["failed", "held", "dead"] {
                    try await park(state, system)
                    let changes = try system.changes(4)
                    let plan = try await changes.plan("orders", to: 8)
                    #expect(plan.hindrance?.reason.contains("shipping has") == true)
                    let refused = await #expect(throws: OperationRefused.self) {
                        try await changes.repartition("orders", to: 8, by: PartitionSystem.name)
                    }
                    #expect(refused?.reason.contains("shipping has") == true)
                    #expect(refused?.reason.contains("1 \(state)") == true, "\(String(describing: refused))")
                    #expect(refused?.advice == .settleFailedEvents)
                    #expect(try await partitions(system) == 4)
                    #expect(try await !system.isHeld())
                    _ = try await system.shipping.execute("DELETE FROM perch.failed_events")
                }
                try await system.changes(4).repartition("orders", to: 8, by: PartitionSystem.name)
                #expect(try await partitions(system) == 8)
            }
        }
    }

    /// It fails amid the change: the topic is let go, or stays held where that was asked for.
    @Test(arguments: [false, true])
    func aDeadLetterAmidTheChangeEndsIt(keepsHold: Bool) async throws {
        try await withPartitionSystem(4) { system in
            try await system.publish(0..<1)
            let changes = try system.changes(4)
            try await changes.hold(PartitionSystem.contract(4).topics[0], by: PartitionSystem.name)
            try await park("dead", system)
            var settings = RepartitionSettings()
            settings.keepsHold = keepsHold
            if keepsHold {
                let left = await #expect(throws: RepartitionUnfinished.self) {
                    try await changes.repartition("orders", to: 8, by: PartitionSystem.name, settings: settings)
                }
                #expect(left?.topic == "orders" && left?.partitions == 8)
                #expect(left?.advice == .settleFailedEvents)
            } else {
                await #expect(throws: OperationRefused.self) {
                    try await changes.repartition("orders", to: 8, by: PartitionSystem.name, settings: settings)
                }
            }
            #expect(try await system.isHeld() == keepsHold)
            #expect(try await partitions(system) == 4)
        }
    }

    @Test func whileItIsHeldEventsWaitAndAnInterruptLetsThemFlow() async throws {
        try await withPartitionSystem(4) { system in
            try await system.running(4) {
                try await system.publish(0..<2)
                try await eventually("all took effect") { try await system.effectCount() == 48 }
                // A publisher that does not end keeps the change from its switch.
                let open = try PostgresConnection(PostgresConfiguration(url: system.shopURL)).begin()
                try open.execute("LOCK TABLE perch.outbox IN ROW EXCLUSIVE MODE")
                try open.flush()
                let waits = Mutex(false)
                let change = Task { [system] in
                    try await system.changes(4).repartition("orders", to: 8, by: PartitionSystem.name) { progress in
                        if case .waitingForPublishers = progress { waits.withLock { $0 = true } }
                    }
                }
                try await eventually("it waits") { waits.withLock { $0 } }
                try await system.publish(2..<3)
                let given = try await system.number("SELECT count(*) AS n FROM perch.log", system.shop)
                let waiting = try await system.number("SELECT count(*) AS n FROM perch.outbox", system.shop)
                #expect(given == 48 && waiting == 24)
                change.cancel()
                await #expect(throws: CancellationError.self) { try await change.value }
                #expect(try await !system.isHeld())
                #expect(try await partitions(system) == 4)
                try await eventually("events flow again") { try await system.effectCount() == 72 }
                open.rollback()
            }
        }
    }

    /// Each step is committed whole, so a kill is between two of them.
    @Test(arguments: [false, true])
    func anotherOperatorGoesOnWhereOneWasKilled(afterTheSwitch: Bool) async throws {
        try await withPartitionSystem(4) { system in
            let topic = PartitionSystem.contract(4).topics[0]
            let key = PartitionSystem.movingKey
            try await system.running(4) {
                try await system.publish(0..<2, keys: [key])
                try await eventually("both took effect") { try await system.effectCount() == 2 }
                let killed = try system.changes(4)
                try await killed.hold(topic, by: PartitionSystem.name)
                try await system.publish(2..<3, keys: [key])
                if afterTheSwitch {
                    try await killed.switchOver(
                        topic,
                        to: 8,
                        by: PartitionSystem.name,
                        .init(),
                        until: .now + .seconds(30)
                    ) { _ in }
                    #expect(try await partitions(system) == 8)
                }
                try await system.publish(3..<4, keys: [key])
                #expect(try await system.isHeld())
                #expect(try await system.number("SELECT count(*) AS n FROM perch.outbox", system.shop) == 2)
                try await system.changes(4).repartition("orders", to: 8, by: PartitionSystem.name)
                #expect(try await !system.isHeld())
                try await system.publish(4..<5, keys: [key])
                try await eventually("all took effect") { try await system.effectCount() >= 5 }
            }
            #expect(try await system.effects() == [key: Array(0..<5)])
            let layouts = try await [system.shop, system.shipping].asyncMap {
                try await $0.query("SELECT l::text AS l FROM perch.layouts l") { try $0.decode("l", as: String.self) }
            }
            #expect(layouts[0].count == 1 && layouts[0] == layouts[1])
        }
    }

    @Test func anOperatorCanGiveUpWhatAnotherHasHeld() async throws {
        try await withPartitionSystem(4) { system in
            try await system.changes(4).hold(PartitionSystem.contract(4).topics[0], by: PartitionSystem.name)
            try await system.changes(4).repartition("orders", to: 4, by: PartitionSystem.name)
            #expect(try await !system.isHeld())
            #expect(try await system.number("SELECT count(*) AS n FROM perch.layouts", system.shop) == 0)
        }
    }

    @Test func aContractWithAnotherNumberIsRefusedWithWhatToDo() async throws {
        try await withPartitionSystem(4) { system in
            let error = #expect(throws: PartitionsChanged.self) { try system.publishing(8) }
            #expect(error?.description.contains("in the database first") == true)
            #expect(error?.description.contains("`partitions: 4`") == true)
        }
    }

    /// By the number of the database, with a contract of before the change.
    @Test func whatAnOperatorPublishesGoesByTheDatabasesNumber() async throws {
        try await withPartitionSystem(4) { system in
            try await system.changes(4).repartition("orders", to: 8, by: PartitionSystem.name)
            let event = EventContract(
                type: "order_counted",
                versions: [EventVersion(number: 1, fields: [Field(name: "order", type: .string, isRequired: true)])]
            )
            let topic = TopicContract(name: "orders", owner: "shop", key: "order", partitions: 4, events: [event])
            let key = PartitionSystem.movingKey
            let data = Array(#"{"order": "\#(key)"}"#.utf8)
            let published = try await Publications(system.operated(4))
                .publish(topic, "order_counted", key: key, data: data, by: PartitionSystem.name)
            #expect(published.partition.number == PartitionNumber(key: key, of: 8))
        }
    }

    private func partitions(_ system: PartitionSystem) async throws -> Int {
        try await system.number("SELECT partitions AS n FROM perch.topics", system.shop)
    }

    private func park(_ state: String, _ system: PartitionSystem) async throws {
        _ = try await system.shipping.execute(
            """
            INSERT INTO perch.failed_events
                (group_name, topic, partition, position, entry_id, event_id, type, version, subject, time, payload, state, error,
                    next_attempt_at)
            VALUES ('shipping', 'orders', 0, 1, '1-1', gen_random_uuid(), 'order_counted', 1, 'order-1', now(), '', \(state), 'x',
                'infinity')
            """
        )
    }
}

extension Array {
    fileprivate func asyncMap<R>(_ body: (Element) async throws -> R) async throws -> [R] {
        var results: [R] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
