import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Redis
import Testing

@testable import PerchCLI

/// A range or a key is handled again: the checkpoints stay, and so does the order of each key.
@Suite(.serialized) struct SelectedReplayTests {
    /// Ten events of a key, and ten of another partition's.
    private func withTen(
        isIdempotent: Bool = true,
        _ body: (Shop, _ places: [EntryID]) async throws -> Void
    ) async throws {
        try await withShop(isIdempotent: isIdempotent) { shop in
            try await shop.running {
                try await shop.publish((1...10).map { OrderCounted(order: "a", count: $0) })
                try await shop.publish((1...10).map { OrderCounted(order: "b", count: $0) })
                try await shop.isProcessed(20)
            }
            let places = try await shop.journeys.trace(key: "a", limit: 20).journeys.compactMap(\.event.entryID)
            try #require(places.count == 10)
            try await body(shop, places)
        }
    }

    private func plan(_ shop: Shop, _ selection: ReplaySelection) async throws -> SelectedReplayPlan {
        try await shop.replays.plan("shipping", "orders", selecting: selection)
    }

    @Test func aRangeIsHandledAgainAndTheCheckpointsStay() async throws {
        try await withTen { shop, places in
            let positions = try await shop.number("SELECT sum(position)::bigint AS n FROM perch.checkpoints")
            let chosen = try await plan(shop, .init(from: .entry(places[2]), to: .entry(places[5]), key: "a"))
            #expect(
                chosen.events == 4 && chosen.steps.map(\.first) == [places[2]]
                    && chosen.steps.map(\.last) == [places[5]]
            )
            #expect(try await shop.counts().isEmpty, "a plan changes nothing")
            #expect(try await shop.replays.replay(chosen, by: "ann") == 4)
            #expect(try await shop.counts() == [.failed: 1, .held: 3], "the first is due, the others follow it")
            try await shop.running { try await eventually("they are handled") { try await shop.counts().isEmpty } }
            #expect(try await shop.handled(of: "a") == Array(1...10) + [3, 4, 5, 6])
            #expect(try await shop.handled(of: "b") == Array(1...10))
            #expect(try await shop.effects() == 20, "an effect once an event")
            #expect(try await shop.number("SELECT sum(position)::bigint AS n FROM perch.checkpoints") == positions)
            #expect(try await shop.operations() == ["ann replay selected shipping orders key a"])
        }
    }

    @Test func whatAWorkerIsAtIsRefusedSoThatLaterEventsOfTheKeyWait() async throws {
        try await withTen { shop, places in
            // The worker is in the middle of an eleventh event, and does not know that its key is held from now on.
            let gate = try PostgresConnection(try shop.system.postgres)
            try gate.execute("SELECT pg_advisory_lock(7)")
            try await shop.running(CountBehindGate()) {
                try await shop.publish([OrderCounted(order: "a", count: 11)])
                try await eventually("its handler waits") {
                    try await shop.number(
                        "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                    ) == 1
                }
                let chosen = try await plan(shop, .init(from: .beginning, to: .entry(places[1]), key: "a"))
                #expect(try await shop.replays.replay(chosen, by: "ann") == 2)
                try gate.execute("SELECT pg_advisory_unlock(7)")
                try await eventually("all is handled") {
                    let counts = try await shop.counts()
                    return try await shop.handled(of: "a").count == 13 && counts.isEmpty
                }
            }
            #expect(try await shop.handled(of: "a") == Array(1...10) + [1, 2, 11])
        }
    }

    @Test func whatLiesInFailedEventsStaysAndHoldsItsPlace() async throws {
        try await withTen { shop, places in
            _ = try await shop.database.execute(
                """
                INSERT INTO perch.failed_events
                    (group_name, topic, partition, position, entry_id, event_id, type, version, subject, time, payload, state, error)
                SELECT 'shipping', topic, partition, position, milliseconds || '-' || position, event_id, type, version, key, time,
                    convert_to(data::text, 'UTF8'), 'dead', 'no stock' FROM perch.log
                WHERE key = 'a' AND position = \(places[4].position)
                """
            )
            let chosen = try await plan(shop, .init(from: .entry(places[3]), key: "a"))
            #expect(chosen.events == 7 && chosen.steps[0].skipped == 1)
            #expect(chosen.notes.contains { $0.contains("1 of them lies in failed events already") })
            #expect(try await shop.replays.replay(chosen, by: "ann") == 6)
            try await shop.running {
                try await eventually("the one before it is handled") { try await shop.handled(of: "a").count == 11 }
                #expect(try await shop.counts() == [.dead: 1, .held: 5])
                _ = try await FailedEvents(shop.database, of: "shipping").retry(filter: .init(), by: "ann")
                try await eventually("all is handled") { try await shop.counts().isEmpty }
            }
            #expect(try await shop.handled(of: "a") == Array(1...10) + Array(4...10))
        }
    }

    @Test func timesAreTakenWithBothEnds() async throws {
        try await withTen { shop, places in
            _ = try await shop.database.execute("UPDATE perch.log SET milliseconds = position * 1000")
            for number in 0..<4 {
                try shop.system.redis.cli("DEL", "orders:\(number)")
                _ = try await shop.database.execute(
                    """
                    UPDATE perch.checkpoints SET entry_id = position * 1000 || '-' || position
                    WHERE partition = \(Int32(number)) AND position > 0
                    """
                )
            }
            func time(_ seconds: Int64) -> StreamPlace { .time(Timestamp(milliseconds: seconds * 1000)) }
            let position = places[0].position
            #expect(position == 1, "a is alone in its partition")
            func count(_ from: Int64, _ to: Int64) async throws -> Int64 {
                try await plan(shop, .init(from: time(from), to: time(to), key: "a")).events
            }
            #expect(try await count(3, 6) == 4)
            #expect(try await count(3, 3) == 1)
            #expect(try await count(1, 99) == 10)
            #expect(try await count(11, 99) == 0)
            #expect(try await count(6, 3) == 0)
        }
    }

    @Test func eventsAreReadFromTheStreamWhereTheOwnersDatabaseIsNotKnown() async throws {
        try await withTen { shop, places in
            var connections = try shop.connections()
            connections.databases["shop"] = nil
            let replays = Replays(OperatedSystem(connections))
            let selection = ReplaySelection(from: .beginning, key: "a")
            let chosen = try await replays.plan("shipping", "orders", selecting: selection)
            #expect(chosen.events == 10)
            // An entry that is missing is not passed over.
            let stream = "\(chosen.steps[0].partition)"
            try shop.system.redis.cli("XDEL", stream, "\(places[4])")
            await #expect("a hole") {
                try await replays.plan("shipping", "orders", selecting: selection)
            } throws: { "\($0)".contains("position \(places[4].position) of \(stream) is missing") }
            try shop.system.redis.cli("XTRIM", stream, "MINID", "\(places[5])")
            await #expect("trimmed") {
                try await replays.plan("shipping", "orders", selecting: selection)
            } throws: { ($0 as? OperationRefused)?.advice == .replayFromLaterPlace(streamBeginsAt: places[5]) }
            #expect(try await plan(shop, selection).events == 10, "the log has them all")
        }
    }

    @Test func itIsRefusedWhereItWouldTakeEffectTwiceOrIsTooMuch() async throws {
        try await withTen(isIdempotent: false) { shop, _ in
            await #expect("not idempotent") {
                try await plan(shop, .init(from: .beginning, key: "a"))
            } throws: { "\($0)".contains("neither is idempotent by event id nor declares a reset") }
        }
        try await withTen { shop, _ in
            await #expect("no such entry") {
                try await plan(shop, .init(from: .entry(EntryID(milliseconds: 5, position: 5)), key: "a"))
            } throws: { "\($0)".contains("has read no such events") }
            _ = try await shop.database.execute(
                """
                INSERT INTO perch.log (topic, partition, position, milliseconds, event_id, type, version, key, time, data)
                SELECT 'orders', 3, i, i, gen_random_uuid(), 'order_counted', 1, 'c', now(), '{}'
                FROM generate_series(1001, 101001) AS i
                """
            )
            _ = try await shop.database.execute(
                "UPDATE perch.checkpoints SET position = 101001, entry_id = '101001-101001' WHERE partition = 3"
            )
            let many = ReplaySelection(
                from: .entry(EntryID(milliseconds: 1001, position: 1001)),
                to: .end,
                partition: 3
            )
            let error = await #expect(throws: OperationRefused.self) { try await plan(shop, many) }
            #expect(error?.description.contains("more than 100000 events") == true)
            #expect(error?.advice == .narrowSelection)
            #expect(error?.sentences.contains("Narrow them by --from, --to, --key or --partition") == true)
            #expect(try await shop.counts().isEmpty)
        }
    }

    @Test func theCommandSaysBeforeAndDoesAfterwards() async throws {
        try await withTen { shop, places in
            // Of one partition: another one's entries may be of the same millisecond.
            let partition = try await plan(shop, .init(from: .beginning, key: "a")).steps[0].partition.number
            let range = [
                "replay", "shipping", "orders", "--from", "\(places[7])", "--to", "\(places[8])", "--partition",
                "\(partition)",
            ]
            let dry = try Tool.run(range + ["--key", "a", "--dry-run"], environment: shop.environment())
            #expect(
                dry.code == 0 && dry.out.contains("shipping handles 2 events of the key a of orders again."),
                "\(dry)"
            )
            #expect(dry.out.contains("\(places[7])") && dry.out.contains("\(places[8])"))
            let unconfirmed = try Tool.run(range, environment: shop.environment())
            #expect(unconfirmed.code == 64 && unconfirmed.error.contains("Let shipping handle 2 events again?"))
            #expect(try await shop.counts().isEmpty)
            let done = try Tool.run(range + ["--yes", "--json"], environment: shop.environment())
            #expect(done.code == 0)
            #expect(try done.json()["due"] as? Int == 2)
            #expect(try await shop.counts() == [.failed: 1, .held: 1])
        }
    }
}

/// As `CountOnce`, once nobody holds the gate.
struct CountBehindGate: EventHandler {
    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        try tx.execute("SELECT pg_advisory_xact_lock_shared(7)")
        try CountOnce().handle(event, delivery, in: tx)
    }
}
