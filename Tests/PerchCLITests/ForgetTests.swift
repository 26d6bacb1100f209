import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Redis
import Testing

@testable import PerchCLI

/// A key that was erased is nowhere in Perch any more, and all else is as it was.
@Suite(.serialized) struct ForgetTests {
    /// Nobody else's text has it in it.
    private static let key = "customer-0193a1b2-ann"
    /// In the data of its events, and nowhere else.
    private static let marker = 918_273_645_546

    /// Where key or marker stand in any table of schema perch, or in any stream; bytes and base64 are looked into.
    private func traces(in shop: Shop) async throws -> [String] {
        var found: [String] = []
        let tables = try await shop.database.query(
            "SELECT table_name::text AS t FROM information_schema.tables WHERE table_schema = 'perch'"
        ) { try $0.decode("t", as: String.self) }
        #expect(tables.count > 15)
        for table in tables {
            let rows = try await shop.database.query(SQL(text: "SELECT t::text AS row FROM perch.\(table) AS t")) {
                try $0.decode("row", as: String.self)
            }
            found += rows.filter { isTrace(in: $0) }.map { "\(table): \($0)" }
        }
        for partition in 0..<4 {
            let entries = try shop.system.redis.cli("XRANGE", "orders:\(partition)", "-", "+")
            if isTrace(in: entries) { found.append("orders:\(partition)") }
        }
        return found
    }

    private func isTrace(in text: String) -> Bool {
        [Self.key, "\(Self.marker)"].contains { word in
            let hex = word.utf8.map { String(format: "%02x", $0) }.joined()
            let base64 = (0..<3).map { shift in
                // Whatever stands before it: what its own bytes make of the text.
                let bytes = Array(repeating: UInt8(0), count: shift) + Array(word.utf8)
                return String(Data(bytes).base64EncodedString().dropFirst(4).dropLast(4))
            }
            return ([word, hex] + base64).contains { text.replacing("\\n", with: "").contains($0) }
        }
    }

    /// Positions have no gap, in the log and in the streams, and the ids of both are the same.
    private func expectNoGaps(in shop: Shop) async throws {
        for partition in 0..<4 {
            let logged = try await shop.database.query(
                """
                SELECT milliseconds || '-' || position AS id FROM perch.log WHERE topic = 'orders' AND partition = \(Int32(partition))
                ORDER BY position
                """
            ) { try $0.decode("id", as: String.self) }
            let positions = logged.compactMap { EntryID($0)?.position }
            #expect(positions == Array(1...Int64(max(positions.count, 1))).prefix(positions.count).map { $0 })
            let streamed = try shop.system.redis.cli("--raw", "XRANGE", "orders:\(partition)", "-", "+")
                .split(separator: "\n").map(String.init).filter { EntryID($0) != nil }
            #expect(streamed == logged)
        }
    }

    private func order(_ count: Int, of key: String = Self.key) -> OrderCounted {
        OrderCounted(order: key, count: count)
    }

    private func tombstones(in shop: Shop) async throws -> Int {
        try await shop.number("SELECT count(*) AS n FROM perch.log WHERE type = 'perch.erased' AND data::text = '{}'")
    }

    @Test func nothingIsLeftOfAKeyAndOrderAndPositionsHold() async throws {
        try await withShop { shop in
            try await shop.running(RefuseUnlucky()) {
                try await shop.publish(12)
                try await shop.publish([order(Self.marker), order(13)] + (1...4).map { order(Self.marker + $0) })
                try await shop.publish(12)
                try await eventually("the unlucky one is dead and the others wait behind it") {
                    try await shop.counts() == [.dead: 1, .held: 4]
                }
                // Operators work on it, and what they do is recorded with its data.
                let chosen = FailedEvents(shop.database, of: "shipping")
                let dead = try #require(try await chosen.list().first)
                let payload = Array(#"{"order": "\#(Self.key)", "count": 13, "note": \#(Self.marker)}"#.utf8)
                #expect(try await chosen.retry(id: dead.id, payload: payload, by: "eve") == .done)
                try await eventually("it is dead again") { try await shop.counts() == [.dead: 1, .held: 4] }
                #expect(try await chosen.discard(id: dead.id, reason: "of \(Self.key)", by: "eve"))
                try await eventually("those behind it are handled") { try await shop.counts().isEmpty }
                var filter = FailedEvents.Filter()
                filter.key = Self.key
                try await shop.publish([order(13), order(Self.marker + 5)])
                try await eventually("one more is dead") { try await shop.counts() == [.dead: 1, .held: 1] }
                #expect(try await chosen.retry(filter: filter, by: "eve").count == 1)
                try await shop.database.execute(
                    """
                    INSERT INTO perch.outbox (topic, type, key, data) VALUES
                        ('orders', 'order_counted', \(Self.key), \(JSON(text: #"{"order": "x", "count": -\#(Self.marker)}"#))),
                        ('orders', 'order_counted', \(Self.key), \(JSON(text: #"{"order": "y", "count": -\#(Self.marker)}"#)))
                    """
                )
                try shop.system.redis.cli("XADD", "orders:2", "*", "subject", Self.key, "data", "\(Self.marker)")
                try await eventually("two are refused, and one was set aside") {
                    let refused = try await shop.number("SELECT count(*) AS n FROM perch.refused_events")
                    let foreign = try await shop.number("SELECT count(*) AS n FROM perch.foreign_entries")
                    return refused == 2 && foreign == 1
                }
                #expect(try await RefusedEvents(shop.database).discard(id: 2, reason: "a test", by: "eve"))
                try await eventually("it is dead again") { try await shop.counts() == [.dead: 1, .held: 1] }
                let cancelled = try await shop.database.transaction { tx in
                    try tx.publish(order(Self.marker + 7), notBefore: Timestamp.now + .seconds(86_400))
                }
                #expect(try await DelayedEvents(shop.database).cancel(id: cancelled, by: "eve"))
                try await shop.database.transaction { tx in
                    _ = try tx.publish(order(Self.marker + 6), notBefore: Timestamp.now + .seconds(86_400))
                }
                let before = try await traces(in: shop)
                for place in [
                    "delayed_events: ", "log: ", "failed_events: ", "refused_events: ", "foreign_entries: ",
                    "operations: ", "orders:",
                ] {
                    #expect(before.contains { $0.hasPrefix(place) }, "\(place) has nothing to erase")
                }
                let others = try await shop.number("SELECT count(*) AS n FROM perch.log WHERE key <> \(Self.key)")

                // A dry run says it and changes nothing; what is not handled is not erased unasked.
                let dry = try shop.perch("forget", "orders", Self.key, "--dry-run", "--json")
                let document = try dry.json()
                #expect(
                    dry.code == 0 && document["log"] as? Int == 8 && document["is_done"] as? Bool == false,
                    "\(dry)"
                )
                #expect(document["refused"] as? Int == 1 && document["foreign"] as? Int == 1, "\(dry)")
                #expect(document["records"] as? Int == 5, "\(dry)")
                let refused = try shop.perch("forget", "orders", Self.key, "--yes")
                #expect(refused.code == 1 && refused.error.contains("--unhandled"), "\(refused)")
                #expect(try await traces(in: shop) == before)

                let done = try shop.perch("forget", "orders", Self.key, "--unhandled", "--yes", "--by", "ann")
                #expect(done.code == 0 && done.out.contains("Done"), "\(done)")
                #expect(try await traces(in: shop) == [])
                #expect(try await tombstones(in: shop) == 8)
                #expect(try await shop.counts().isEmpty)
                #expect(
                    try await shop.number("SELECT count(*) AS n FROM perch.log WHERE key <> 'perch.erased'") == others
                )
                #expect(
                    try await shop.number("SELECT (sum(kept) + sum(bytes))::bigint AS n FROM perch.foreign_totals") == 0
                )
                try await expectNoGaps(in: shop)

                // Whoever knows the key can tell that it was this one.
                let told = try await shop.number(
                    """
                    SELECT count(*) AS n FROM perch.operations WHERE operator = 'ann' AND action = 'forget' AND details->>'key_sha256'
                        = encode(sha256(convert_to(details->>'salt' || \(Self.key), 'UTF8')), 'hex')
                    """
                )
                #expect(told > 0)
                #expect(
                    try await shop.operations().count { $0.hasPrefix("eve discard_failed") } == 1,
                    "who did it stays"
                )

                // And all goes on, with that key too.
                try await shop.publish([order(Self.marker + 10), order(Self.marker + 11)])
                try await shop.publish(12)
                try await eventually("all of it is handled") {
                    try await shop.status.groups()[0].status.partitions.allSatisfy { $0.lag == 0 }
                }
                #expect(try await shop.handled(of: Self.key).suffix(2) == [Self.marker + 10, Self.marker + 11])
                #expect(try await shop.isInOrder())
                let again = try shop.perch("forget", "orders", "somebody-else", "--yes")
                #expect(again.code == 0 && again.out.contains("Nothing to erase"), "\(again)")
            }
        }
    }

    @Test func erasedEventsArePassedInAReplayAndAfterRedisWasLost() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish([order(1), order(2)])
                try await shop.publish(24)
                try await shop.isProcessed(26)
                #expect(try shop.perch("forget", "orders", Self.key, "--yes").code == 0)
                let handled = try await shop.handled()
                let plan = try await shop.replays.plan("shipping", "orders", from: .beginning)
                try await shop.replays.replay(plan, by: "ann")
                try await eventually("all others are handled again") { try await shop.handled() == handled + 24 }
                try shop.system.redis.cli("FLUSHALL")
                try await shop.publish(12)
                try await eventually("newer ones come") { try await shop.handled() == handled + 36 }
            }
            #expect(try await shop.handled(of: Self.key) == [1, 2])
            #expect(try await shop.counts().isEmpty)
            try await expectNoGaps(in: shop)
        }
    }

    @Test func whatAWorkerHasReadAndNotCommittedNeverTakesEffect() async throws {
        try await withShop { shop in
            let gate = try PostgresConnection(try shop.system.postgres)
            try gate.execute("SELECT pg_advisory_lock(7)")
            try await shop.running(CountBehindGate()) {
                try await shop.publish([order(11)])
                try await eventually("its handler waits") {
                    try await shop.number(
                        "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                    ) == 1
                }
                let erasures = Erasures(shop.operated)
                let plan = try await erasures.plan("orders", key: Self.key)
                #expect(plan.groups.map { [$0.unread, $0.failed] } == [[1, 0]])
                await #expect(throws: OperationRefused.self) { try await erasures.erase(plan, by: "ann") }
                // Its transaction is open all the while.
                #expect(try await erasures.erase(plan, evenUnhandled: true, by: "ann").isMended)
                #expect(try await tombstones(in: shop) == 1)
                try gate.execute("SELECT pg_advisory_unlock(7)")
                try await shop.publish([order(12)])
                try await eventually("the next one is handled") { try await shop.handled(of: Self.key).last == 12 }
            }
            #expect(try await shop.handled(of: Self.key) == [12])
            // Of the later event, and of no other.
            let places = try await traces(in: shop).map { $0.prefix { $0 != ":" } }
            #expect(Set(places) == ["log", "published", "orders"])
            #expect(try await shop.number("SELECT count(*) AS n FROM perch.log WHERE key = \(Self.key)") == 1)
            #expect(try await shop.counts().isEmpty)
            try await expectNoGaps(in: shop)
        }
    }

    @Test func whatWaitsInTheOutboxIsErasedOnDemandAndWhatNoRelayFillsIsSaid() async throws {
        try await withShop { shop in
            try await shop.relaying {
                try await shop.publish([order(1)])
                try await shop.publish(12)
                try await eventually("all are streamed") {
                    try await shop.status.topics()[0].partitions.reduce(0) { $0 + ($1.length ?? 0) } == 13
                }
            }
            try await shop.publish([order(2), OrderCounted(order: "other", count: 1)])
            let refused = try shop.perch("forget", "orders", Self.key, "--yes")
            #expect(refused.code == 1, "\(refused)")
            let late = try shop.perch("forget", "orders", Self.key, "--unhandled", "--yes", "--within", "1", "--json")
            #expect(late.code == 1 && late.error.contains("the relay of shop"), "\(late)")
            #expect(try late.json()["is_mended"] as? Bool == false)
            #expect(try await shop.number("SELECT count(*) AS n FROM perch.outbox") == 1)
            #expect(try await traces(in: shop) == [])
            try await shop.running {
                try await eventually("all others are handled") { try await shop.effects() == 13 }
            }
            #expect(try await shop.handled(of: Self.key).isEmpty)
            try await expectNoGaps(in: shop)
        }
    }
}
