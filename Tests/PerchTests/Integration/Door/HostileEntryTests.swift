import Foundation
import LocalServers
import Logging
import Perch
import PerchTesting
import Postgres
import Testing

/// Entries that somebody has put into a stream, or that no reader takes though they are ours.
@Suite(.serialized) struct HostileEntryTests {
    /// Names and values of an envelope that is as it should be.
    static func envelope(
        key: String,
        schema: String = "order_counted/1",
        data: String? = nil,
        id: String = UUID().uuidString.lowercased()
    ) -> [String] {
        [
            "specversion", "1.0", "id", id, "source", "shop", "type", "order_counted", "subject", key,
            "time", "2026-11-29T18:00:00.000Z", "dataschema", schema, "data",
            data ?? #"{"order": "\#(key)", "count": 99}"#,
        ]
    }

    /// The partition's key, and its stream with one event that has taken effect.
    private func withOneEvent(
        _ body: (TestSystem, Database, _ key: String, _ last: EntryID) async throws -> Void
    ) async throws {
        try await withOrders(declaredOrders) { system, database in
            let key = keyOfEachPartition[0]
            try await running(system, workers: 1) {
                try await database.transaction { tx in try tx.publish(OrderCounted(order: key, count: 1)) }
                try await database.eventuallyHandled(key, [1])
                let last = try #require(
                    try await database.texts("SELECT entry_id FROM perch.published").first.flatMap { EntryID($0) }
                )
                try await body(system, database, key, last)
                try await database.transaction { tx in
                    for key in keyOfEachPartition { try tx.publish(OrderCounted(order: key, count: 2)) }
                }
                try await database.eventuallyHandled(key, [1, 2])
                for key in keyOfEachPartition.dropFirst() { try await database.eventuallyHandled(key, [2]) }
            }
        }
    }

    @Test(arguments: [
        "order_counted/3000000000", "order_counted/2147483648", "order_counted/+1", "order_counted/01",
        "order_counted/9223372036854775808", "order_counted/0", "order_counted/-1", "order_counted/1 ",
    ])
    func aVersionThatIsNoneIsSetAsideAndEndsNobody(schema: String) async throws {
        try await withOneEvent { system, database, key, last in
            let fields = Self.envelope(key: key, schema: schema)
            _ = try system.redis.add("orders:0", "\(last.milliseconds)-\(last.position + 1)", fields)
            try await eventually("it is kept") {
                try await database.count("SELECT count(*) FROM perch.foreign_entries") == 1
            }
        }
    }

    @Test func aForeignEntryWithAValidEnvelopeIsKeptOnceWithItsIDAndItsBytes() async throws {
        try await withOneEvent { system, database, key, last in
            let (id, fields) = ("\(last.milliseconds)-\(last.position + 5)", Self.envelope(key: key))
            for round in 1...2 {
                _ = try system.redis.add("orders:0", id, fields)
                try await eventually("it is taken out, time \(round)") {
                    try system.redis.cli("XLEN", "orders:0").contains("1")
                        && system.redis.cli("XINFO", "STREAM", "orders:0").contains(last.description)
                }
            }
            let kept = try await database.query("SELECT entry_id, fields FROM perch.foreign_entries") {
                (try $0.decode(0, as: String.self), try $0.decode(1, as: [[UInt8]].self))
            }
            #expect(kept.map(\.0) == [id])
            #expect(kept.first?.1.map { String(decoding: $0, as: UTF8.self) } == fields)
            let totals = try await database.texts("SELECT kept || ' ' || beyond FROM perch.foreign_totals")
            #expect(totals == ["1 0"])
        }
    }

    @Test func whatIsSetAsideHasABoundAndTheRestIsCounted() async throws {
        try await withOrders(declaredOrders) { _, database in
            _ = try await database.execute(
                """
                INSERT INTO perch.foreign_totals (topic, partition, kept, bytes)
                VALUES ('orders', 0, 10000, 0), ('orders', 1, 0, 67108000)
                """
            )
            for partition in 0...2 {
                _ = try await database.query(
                    """
                    SELECT perch.set_aside('orders', \(Int32(partition)), '1-1', 1, 1, 'x', ''::bytea,
                        ARRAY[convert_to(repeat('x', 1000), 'UTF8')])
                    """
                ) { _ in }
            }
            #expect(try await database.texts("SELECT partition::text FROM perch.foreign_entries") == ["2"])
            #expect(
                try await database.texts("SELECT beyond::text FROM perch.foreign_totals ORDER BY partition")
                    == ["1", "1", "0"]
            )
        }
    }

    @Test func anEntryThatContinuesTheLogYearsAheadIsNotAdopted() async throws {
        try await withOrders(declaredOrders) { system, database in
            let relay = try system.relay(owner: "shop")
            let relaying = Task { try await relay.run() }
            let key = keyOfEachPartition[0]
            try await database.transaction { tx in try tx.publish(OrderCounted(order: key, count: 1)) }
            try await eventually("it is appended") { try system.redis.cli("XLEN", "orders:0").contains("1") }
            for milliseconds in [Int64.max, Timestamp.now.milliseconds + 3_600_000] {
                let id = "\(milliseconds)-2"
                _ = try system.redis.add("orders:0", id, Self.envelope(key: key))
                try await eventually("it is kept aside") {
                    try await database.count("SELECT count(*) FROM perch.foreign_entries WHERE entry_id = \(id)") == 1
                }
            }
            relaying.cancel()
            try await relaying.value
            try await running(system, workers: 1) {
                try await database.transaction { tx in try tx.publish(OrderCounted(order: key, count: 2)) }
                try await database.eventuallyHandled(key, [1, 2])
            }
        }
    }

    @Test func aForgedNextEntryOfAnHourAheadIsTakenOutBeforeAnyGroupHandlesIt() async throws {
        try await withOneEvent { system, database, key, last in
            let id = "\(Timestamp.now.milliseconds + 3_600_000)-\(last.position + 1)"
            _ = try system.redis.add("orders:0", id, Self.envelope(key: key))
            try await eventually("it is kept aside") {
                try await database.count("SELECT count(*) FROM perch.foreign_entries WHERE entry_id = \(id)") == 1
            }
        }
    }

    /// What follows it says that it is the log's; as it was put there it is a dead letter, and so it is when the stream is made
    /// again from the log.
    @Test(arguments: ["order_counted/0", "order_counted/1"])
    func anUnreadableEntryThatWasAdoptedStaysADeadLetterWhenTheStreamIsMadeAgain(schema: String) async throws {
        try await withOrders(declaredOrders) { system, database in
            let key = keyOfEachPartition[0]
            let now = Timestamp.now.milliseconds
            var unreadable = Self.envelope(key: "other", schema: schema)
            if schema.hasSuffix("1") { unreadable[5] = "another source" }
            try system.redis.add("orders:0", "\(now)-1", unreadable)
            try system.redis.add("orders:0", "\(now)-2", Self.envelope(key: key))
            let relay = try system.relay(owner: "shop")
            let relaying = Task { try await relay.run() }
            try await eventually("both are adopted") {
                try await database.count("SELECT count(*) FROM perch.log") == 2
            }
            try system.redis.cli("FLUSHALL")
            try await eventually("the stream is made again") { try system.redis.cli("XLEN", "orders:0").contains("2") }
            relaying.cancel()
            try await relaying.value
            try await running(system, workers: 1) { try await database.eventuallyHandled(key, [99]) }
            let dead = try await database.texts(
                "SELECT subject || ' ' || position || ' ' || state FROM perch.failed_events"
            )
            #expect(dead == ["other 1 dead"])
            #expect(try await database.count("SELECT count(*) FROM effects WHERE key = 'other'") == 0)
        }
    }

    /// It cannot know whether Postgres was set back: it says what it has seen, and both of what may be the cause.
    @Test func entriesThatContinueTheLogAreToldOfWithBothOfTheirCauses() async throws {
        try await withOrders(declaredOrders) { system, database in
            let log = CollectedLog()
            var system = system
            system.logger = log.logger
            let relay = try system.relay(owner: "shop")
            let relaying = Task { try await relay.run() }
            let key = keyOfEachPartition[0]
            try await database.transaction { tx in try tx.publish(OrderCounted(order: key, count: 1)) }
            try await eventually("it is appended") { try system.redis.cli("XLEN", "orders:0").contains("1") }
            let last = try #require(try await database.texts("SELECT entry_id FROM perch.published").first)
            let next = try #require(EntryID(last))
            _ = try system.redis.add("orders:0", "\(next.milliseconds)-2", Self.envelope(key: key))
            try await eventually("it is in the log") {
                try await database.count("SELECT count(*) FROM perch.log") == 2
            }
            relaying.cancel()
            try await relaying.value
            let line = try #require(log.lines.first { $0.message.hasPrefix("a stream held entries") })
            #expect(line.message.contains("they were copied into it"))
            #expect(line.message.contains("Postgres went back to an older state, or somebody has forged them"))
            #expect(line.metadata["count"].map { "\($0)" } == "1" && line.metadata["partition"] == "orders:0")
        }
    }

    /// Rows that say that they were looked at, and were not: the last line behind the door.
    @Test func whatHasAPositionAndIsReadByNobodyIsADeadLetterAndHoldsNobodyUp() async throws {
        try await withOrders(declaredOrders) { system, database in
            let key = keyOfEachPartition[0]
            let bad = #"{"order": "\#(key)", "count": 1, "count": 2}"#
            func lie() async throws {
                _ = try await database.execute(
                    """
                    INSERT INTO perch.outbox (topic, partition, type, key, data, is_checked)
                    VALUES ('orders', 0, 'order_counted', 'other', \(JSON(text: bad)), true)
                    """
                )
            }
            // In the middle of what is appended at once.
            try await database.transaction { tx in try tx.publish(OrderCounted(order: key, count: 1)) }
            try await lie()
            try await lie()
            try await database.transaction { tx in try tx.publish(OrderCounted(order: key, count: 2)) }
            try await running(system, workers: 1) {
                try await database.eventuallyHandled(key, [1, 2])
                // As the last: the relay finds it, and says of it what it is.
                try await lie()
                try await eventually("it is a dead letter") {
                    let dead = try await database.count("SELECT count(*) FROM perch.failed_events WHERE state = 'dead'")
                    let last = try await database.count("SELECT coalesce(max(position), 0) FROM perch.checkpoints")
                    return dead >= 1 && last == 5
                }
                try await database.transaction { tx in try tx.publish(OrderCounted(order: key, count: 3)) }
                try await database.eventuallyHandled(key, [1, 2, 3])
            }
            let dead = try await database.query("SELECT payload, subject FROM perch.failed_events ORDER BY position") {
                (String(decoding: try $0.decode(0, as: [UInt8].self), as: UTF8.self), try $0.decode(1, as: String.self))
            }
            #expect(dead.map(\.0) == [bad, bad, bad], "the first holds the others")
            #expect(Set(dead.map(\.1)) == ["other"])
            #expect(try await database.count("SELECT count(*) FROM perch.foreign_entries") == 0, "they are ours")
        }
    }

    /// In the log from before the door: what the streams are made of again.
    @Test func rowsOfTheLogThatNobodyReadsAreDeadLettersAndStopNoRelay() async throws {
        try await withOrders(declaredOrders) { system, database in
            let key = keyOfEachPartition[0]
            _ = try await database.execute(
                """
                INSERT INTO perch.log (topic, partition, position, milliseconds, event_id, type, version, key, time, data)
                VALUES
                ('orders', 0, 1, 1, gen_random_uuid(), 'order_counted', 1, \(key), 'infinity', '{}'),
                ('orders', 0, 2, 1, gen_random_uuid(), 'order_counted', 1, 'b', '4713-01-01 BC', '{}'),
                ('orders', 0, 3, 1, gen_random_uuid(), 'order_counted', 1, 'c', '12026-01-01', '{}'),
                ('orders', 0, 4, 1, gen_random_uuid(), repeat('ä', 300), 1, 'd', now(), '{}'),
                ('orders', 0, 5, 1, gen_random_uuid(), 'order_counted', 1, 'e', now(), '{"x": "\\ud800"}'),
                ('orders', 0, 6, 1, gen_random_uuid(), 'order_counted', 1, 'f', now(), '{"order": "f", "count": 4}'),
                ('orders', 0, 7, 1, gen_random_uuid(), 'order_counted', -1, 'g', now(), '{"order": "g", "count": 4}')
                """
            )
            _ = try await database.execute(
                "UPDATE perch.partitions SET last_position = 7, last_milliseconds = 1 WHERE partition = 0"
            )
            try await running(system, workers: 1) {
                try await database.eventuallyHandled("f", [4])
                try await database.transaction { tx in
                    for key in keyOfEachPartition { try tx.publish(OrderCounted(order: key, count: 2)) }
                }
                for key in keyOfEachPartition.dropFirst() { try await database.eventuallyHandled(key, [2]) }
                try await eventually("all have their place") {
                    try await database.count("SELECT count(*) FROM perch.failed_events") == 7
                }
            }
            let states = try await database.texts("SELECT state FROM perch.failed_events ORDER BY position")
            #expect(states == ["dead", "dead", "dead", "dead", "dead", "dead", "held"])
        }
    }
}

extension LocalRedis {
    /// XADD of names and values.
    @discardableResult
    func add(_ stream: String, _ id: String, _ fields: [String]) throws -> String {
        try cli(["XADD", stream, id] + fields)
    }
}
