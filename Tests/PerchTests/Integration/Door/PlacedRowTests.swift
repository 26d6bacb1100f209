import Foundation
import LocalServers
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import Perch

/// Rows that name their own place in the outbox: only where their key belongs they get a position.
@Suite(.serialized) struct PlacedRowTests {
    private func insert(
        _ key: String,
        _ count: Int,
        into partition: Int?,
        sequence: Int64? = nil,
        _ database: Database
    ) async throws {
        let number = partition.map(Int32.init(clamping:))
        let data = JSON(text: #"{"order": "\#(key)", "count": \#(count)}"#)
        _ = try await database.execute(
            """
            INSERT INTO perch.outbox (sequence, topic, partition, type, key, data) OVERRIDING SYSTEM VALUE
            VALUES (coalesce(\(sequence), nextval('perch.outbox_sequence_seq')), 'orders', \(number), 'order_counted',
                \(key), \(data))
            """
        )
    }

    private func refused(_ database: Database) async throws -> [String] {
        try await database.texts("SELECT reason FROM perch.refused_events ORDER BY id")
    }

    @Test func aRowInAnotherPartitionThanThatOfItsKeyIsRefusedAndSaysWhichWasExpected() async throws {
        try await withOrders(declaredOrders) { system, database in
            let key = keyOfEachPartition[0]
            try await running(system, workers: 1) {
                try await insert(key, 1, into: 0, database)
                try await insert(key, 2, into: 1, database)
                try await insert(key, 3, into: nil, database)
                try await database.eventuallyHandled(key, [1, 3])
                try await eventually("the second is refused") { try await refused(database).count == 1 }
                #expect(try await refused(database) == ["partition 1: expected 0, the one of its key"])
                // The partition is not one of the things that are put back.
                #expect(try await RefusedEvents(database).retry(id: 1, by: "ann"))
                try await database.eventuallyHandled(key, [1, 3, 2])
            }
        }
    }

    @Test func rowsThatWaitedThroughAChangeOfPartitionsAreAllPublishedInTheirOrder() async throws {
        try await withPartitionSystem(4) { system in
            let key = PartitionSystem.movingKey
            let (old, new) = (PartitionNumber(key: key, of: 4), PartitionNumber(key: key, of: 8))
            try await insert(key, 0, into: nil, system.shop)
            try await insert(key, 1, into: old.rawValue, system.shop)
            try await system.changes(4).repartition("orders", to: 8, by: PartitionSystem.name)
            try await insert(key, 2, into: new.rawValue, system.shop)
            try await insert(key, 3, into: nil, system.shop)
            // One of the program before the change, which has it from a table of its own.
            try await insert(key, 4, into: old.rawValue, system.shop)
            try await system.running(8) {
                try await eventually("all took effect") { try await system.effectCount() == 4 }
                try await eventually("the last is refused") { try await refused(system.shop).count == 1 }
            }
            #expect(try await system.effects() == [key: [0, 1, 2, 3]])
            #expect(try await system.logged(ofKey: key) == Array(repeating: new.rawValue, count: 4))
        }
    }

    /// A change of partitions places rows anew while a relay looks at them.
    @Test(arguments: [true, false]) func whatWasFoundOfARowSaysNothingOfItInAnotherPartition(isGood: Bool) async throws
    {
        try await withOrders(declaredOrders) { system, database in
            let key = keyOfEachPartition[0]
            try await insert(key, 1, into: isGood ? 0 : 1, database)
            let connection = try PostgresConnection(system.postgres)
            let store = RelayStore(connection: connection, naming: StreamNaming(), sources: ["orders": "shop"])
            let door = OutboxDoor(topics: [declaredOrders])
            try store.assign(most: 10, except: [])
            _ = try store.collect()
            try await database.execute("UPDATE perch.outbox SET partition = 2")
            let settled = try store.settleUnchecked(by: door)
            #expect(settled.refused.isEmpty && !settled.hasMore)
            #expect(try await database.count("SELECT count(*) FROM perch.outbox WHERE NOT is_checked") == 1)
            // It is looked at again where it is now.
            try store.assign(most: 10, except: [])
            _ = try store.collect()
            #expect(try store.settleUnchecked(by: door).refused.count == 1)
        }
    }

    @Test func twoRowsOfOneSequenceAreEachLookedAtByThemselves() async throws {
        try await withOrders(declaredOrders) { system, database in
            for partition in 0..<4 {
                let count = partition == 2 ? -1 : partition
                try await insert(keyOfEachPartition[partition], count, into: partition, sequence: 1_000_000, database)
            }
            try await running(system, workers: 1) {
                for partition in [0, 1, 3] {
                    try await database.eventuallyHandled(keyOfEachPartition[partition], [partition])
                }
                try await eventually("the third is refused") { try await refused(database).count == 1 }
            }
            #expect(try await database.texts("SELECT key FROM perch.refused_events") == [keyOfEachPartition[2]])
            #expect(try await database.count("SELECT count(*) FROM perch.log") == 3)
        }
    }

    @Test func theOutboxRefusesASequenceThatNoRelayWouldTake() async throws {
        try await withOrders(declaredOrders) { _, database in
            let refusal = await #expect(throws: PostgresError.self) {
                try await insert("a", 1, into: nil, sequence: .max, database)
            }
            #expect(refusal?.constraint == "outbox_sequence_range")
        }
    }

    @Test func aRowThatHasSuchASequenceFromBeforeIsTheLastOfThoseThatWait() async throws {
        let url = try LocalPostgres.shared().createDatabase()
        let connection = try PostgresConnection(try PostgresConfiguration(url: url))
        try Migrator.migrate(connection, component: "perch", Migration.perch.filter { $0.version <= 12 })
        try Contract(topics: [declaredOrders]).declareTopics(ownedBy: "shop", on: connection)
        let database = Database(try PostgresConfiguration(url: url), size: 1)
        try await insert("a", 2, into: nil, sequence: .max, database)
        try await insert("a", 1, into: nil, database)
        try Migrator.migrate(connection, component: "perch", Migration.perch)
        #expect(
            try await database.texts(
                "SELECT data ->> 'count' FROM perch.outbox WHERE sequence < 1000 ORDER BY sequence"
            ) == ["1", "2"]
        )
        await database.close()
    }
}
