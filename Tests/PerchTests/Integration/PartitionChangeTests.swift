import Foundation
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Synchronization
import Testing

/// A topic gets another number of partitions while events flow.
@Suite(.serialized) struct PartitionChangeTests {
    /// Relay and workers run with the old contract through the change; then they are replaced.
    @Test(arguments: [(4, 8), (8, 4), (4, 6)])
    func underTrafficNothingIsLostDoubledOrOvertaken(before: Int, after: Int) async throws {
        try await withPartitionSystem(before) { system in
            let counts = try await system.traffic {
                try await system.running(before) {
                    try await eventually("events flow") { try await system.effectCount() > 500 }
                    try await system.changes(before).repartition("orders", to: after, by: PartitionSystem.name)
                    let atChange = try await system.effectCount()
                    try await eventually("events flow on") { try await system.effectCount() > atChange + 500 }
                }
                let atRestart = try await system.effectCount()
                try await system.running(after) {
                    try await eventually("events flow with the new contract") {
                        try await system.effectCount() > atRestart + 500
                    }
                }
            }
            try await system.running(after) {
                let total = counts.values.reduce(0, +)
                try await eventually("all took effect") { try await system.effectCount() >= total }
            }
            #expect(try await system.effects() == PartitionSystem.all(counts))
            // The key did move, and what the old layout alone has is at its end.
            let partitions = try await system.logged(ofKey: PartitionSystem.movingKey)
            let places = [before, after].map { PartitionNumber(key: PartitionSystem.movingKey, of: $0).rawValue }
            #expect(partitions.first == places[0] && partitions.last == places[1])
            let ends = try await system.number(
                """
                SELECT count(*) AS n FROM perch.partitions p JOIN perch.layouts l USING (topic)
                WHERE p.partition >= \(Int32(after)) AND p.last_position <> l.ends[p.partition + 1]
                """,
                system.shop
            )
            #expect(ends == 0)
        }
    }

    @Test func fewerPartitionsLeaveNoLeaseThatIsSomebodysShare() async throws {
        try await withPartitionSystem(8) { system in
            try await system.running(8) {
                try await system.publish(0..<10)
                try await eventually("all took effect") { try await system.effectCount() == 240 }
                try await system.changes(8).repartition("orders", to: 4, by: PartitionSystem.name)
                // Also where a process starts with the old contract, which declares its partitions again.
                let pool = try system.consuming(8).pool(PartitionSystem.group)
                let old = Task { try await pool.run() }
                try await eventually("three workers share the four that are left") {
                    try await system.number(
                        """
                        SELECT count(DISTINCT owner) AS n FROM perch.leases
                        WHERE partition < 4 AND expires_at > clock_timestamp()
                        """,
                        system.shipping
                    ) == 3
                }
                let idle = try await system.number(
                    "SELECT count(*) AS n FROM perch.leases WHERE owner IS NOT NULL AND partition >= 4",
                    system.shipping
                )
                #expect(idle == 0)
                old.cancel()
                try await old.value
            }
        }
    }

    /// It has placed its event by the old number and commits after the operator has begun to wait for it.
    @Test func aTransactionThatIsOpenAcrossTheChangeLandsByTheNewNumber() async throws {
        try await withPartitionSystem(4) { system in
            let key = PartitionSystem.movingKey
            try await system.running(4) {
                try await system.publish(0..<3, keys: [key])
                try await eventually("events flow") { try await system.effectCount() == 3 }
                let open = try PostgresConnection(PostgresConfiguration(url: system.shopURL)).begin()
                try insert(key, 3, in: open)
                let waits = Mutex(false)
                let change = Task { [system] in
                    try await system.changes(4).repartition("orders", to: 8, by: PartitionSystem.name) { progress in
                        if case .waitingForPublishers(let who) = progress, who != nil { waits.withLock { $0 = true } }
                    }
                }
                try await eventually("the operator waits for it") { waits.withLock { $0 } }
                try open.commit()
                try await change.value
                try await system.publish(4..<6, keys: [key])
                try await eventually("all took effect") { try await system.effectCount() >= 6 }
            }
            #expect(try await system.effects() == [key: Array(0..<6)])
            let old = PartitionNumber(key: key, of: 4).rawValue
            let new = PartitionNumber(key: key, of: 8).rawValue
            #expect(try await system.logged(ofKey: key) == [old, old, old, new, new, new])
        }
    }

    /// Somebody stops it when the number is set, and before anything has told them so.
    @Test func aStopThatComesWithTheNumberIsTooLateAndOneBeforeTakesTheHoldBack() async throws {
        try await withPartitionSystem(4) { system in
            let changes = try system.changes(4)
            @Sendable func isSet() async -> Bool { (try? await changes.plan("orders", to: 1).before) == 8 }
            let steps = Mutex<[String]>([])
            try await system.running(4) {
                try await changes.repartition(
                    "orders",
                    to: 8,
                    by: PartitionSystem.name,
                    onProgress: { step in
                        if case .letGo = step { steps.withLock { $0.append("let go") } }
                    },
                    isStopped: { await isSet() }
                )
            }
            #expect(await isSet() && steps.withLock { $0 } == ["let go"])
            #expect(try await changes.plan("orders", to: 8).isDone, "it is not held")

            let isHeld = Mutex(false)
            await #expect(throws: CancellationError.self) {
                try await changes.repartition(
                    "orders",
                    to: 16,
                    by: PartitionSystem.name,
                    onProgress: { step in
                        if case .held = step { isHeld.withLock { $0 = true } }
                    },
                    isStopped: { isHeld.withLock { $0 } }
                )
            }
            #expect(isHeld.withLock { $0 })
            #expect(try await changes.plan("orders", to: 8).isDone, "the hold was taken back")
        }
    }

    /// A statement takes its snapshot when it has its locks: this is what the change relies on.
    @Test func aStatementThatWaitedForTheChangeGoesByTheNewNumber() async throws {
        try await withPartitionSystem(4) { system in
            let key = PartitionSystem.movingKey
            try await system.publish(0..<1, keys: [key])
            let change = try PostgresConnection(PostgresConfiguration(url: system.shopURL)).begin()
            try change.execute("LOCK TABLE perch.outbox IN SHARE ROW EXCLUSIVE MODE")
            try change.execute("UPDATE perch.topics SET partitions = 8")
            try change.flush()
            let publishers = [
                Task { try await system.publish(1..<2, keys: [key]) },
                Task { try await system.shop.transaction { tx in try insert(key, 2, in: tx) } },
                Task {
                    try await system.shop.transaction { tx in
                        try tx.publish([OrderCounted(order: key, count: 3)])
                    }
                },
            ]
            try await eventually("they wait") {
                try await system.number(
                    "SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND relation = 'perch.outbox'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                    system.shop
                ) == 3
            }
            try change.commit()
            for publisher in publishers { try await publisher.value }
            let partitions = try await system.shop.query(
                "SELECT partition FROM perch.outbox ORDER BY (data->>'count')::int"
            ) { PartitionNumber(rawValue: Int(try $0.decode("partition", as: Int32.self))) }
            let (old, new) = (PartitionNumber(key: key, of: 4), PartitionNumber(key: key, of: 8))
            #expect(partitions == [old, new, new, new])
        }
    }

    /// It would go on placing by the number that it has once seen.
    @Test func aTransactionWithAnOldSnapshotIsToBeRunAgain() async throws {
        try await withPartitionSystem(4) { system in
            let connection = try PostgresConnection(PostgresConfiguration(url: system.shopURL))
            for isolation in [Isolation.repeatableRead, .serializable] {
                let old = try connection.begin(isolation: isolation)
                let before = try old.query("SELECT partitions FROM perch.topics") { try $0.decode(0, as: Int.self) }
                try await system.changes(4).repartition("orders", to: before[0] * 2, by: PartitionSystem.name)
                var state: SQLState?
                do { try insert("order-1", 0, in: old) } catch let error as PostgresError { state = error.sqlState }
                #expect(state == .serializationFailure)
                old.rollback()
                let again = try connection.begin(isolation: isolation)
                try insert("order-1", 0, in: again)
                try again.commit()
            }
            #expect(try await system.number("SELECT count(*) AS n FROM perch.outbox", system.shop) == 2)
        }
    }

    /// As another language does, which leaves the partition to the database.
    private func insert(_ key: String, _ count: Int, in tx: borrowing Transaction) throws {
        let data = #"{"order": "\#(key)", "count": \#(count)}"#
        try tx.execute(
            """
            INSERT INTO perch.outbox (topic, type, key, data)
            VALUES ('orders', 'order_counted', \(key), \(JSON(text: data)))
            """
        )
        try tx.flush()
    }
}
