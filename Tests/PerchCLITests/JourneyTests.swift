import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import PerchCLI

/// Events that are looked for, on real servers.
@Suite(.serialized) struct JourneyTests {
    @Test(arguments: ["0199c1d2-9c5d-4e6f-8a7b-2c3d4e5f6071", "0199c1d2-9c5d-7e6f-8a7b-2c3d4e5f6071"])
    func anEventIsFoundByItsIDInEachPartitionThatHasIt(text: String) async throws {
        try await withShop { shop in
            let id = try #require(UUID(uuidString: text))
            // Of the version 7 it says when it was made; that of partition 2 was there before.
            let made: Int64 = 0x0199_c1d2_9c5d
            let rows: [(partition: Int32, position: Int64, milliseconds: Int64, id: UUID)] = [
                (0, 1, made - 5000, UUID()), (0, 2, made + 10, id), (0, 3, made + 20, UUID()),
                (1, 1, made, UUID()), (2, 1, made - 5000, id), (2, 2, made + 10, UUID()), (3, 1, made, id),
            ]
            try await shop.database.execute(
                """
                INSERT INTO perch.log (topic, partition, position, milliseconds, event_id, type, version, key, time, data)
                SELECT 'orders', r.partition, r.position, r.milliseconds, r.id, 'order_counted', 1, 'a', now(), '{}'
                FROM unnest(
                    \(rows.map(\.partition)), \(rows.map(\.position)), \(rows.map(\.milliseconds)), \(rows.map(\.id))
                ) AS r (partition, position, milliseconds, id)
                """
            )
            try await shop.database.execute(
                """
                INSERT INTO perch.outbox (topic, partition, event_id, type, key, data, is_checked)
                VALUES ('orders', 1, \(id), 'order_counted', 'a', '{}', true),
                    ('orders', 3, \(id), 'order_counted', 'a', '{}', true)
                """
            )
            let found = try await shop.journeys.event(id, in: Samples.orders).journeys.map(\.event)
            let isDated = text.hasPrefix("0199c1d2-9c5d-7")
            #expect(found.map(\.partition.number) == (isDated ? [0, 1, 3] : [0, 1, 2, 3]))
            #expect(found.first?.entryID == EntryID(milliseconds: made + 10, position: 2))
            #expect(found.first?.seenIn == [.log] && found.last?.seenIn == [.log, .outbox])
            #expect(found[1].seenIn == [.outbox] && found[1].entryID == nil)
            let other = try await shop.journeys.event(UUID(), in: Samples.orders)
            #expect(other.journeys.isEmpty && other.problems.isEmpty)
        }
    }

    @Test func anEventIsFollowedFromTheOutboxToEachGroup() async throws {
        try await withShop { shop in
            let published = try await shop.publications.publish(
                Samples.orders,
                "order_counted",
                key: "a",
                data: Array(#"{"order":"a","count":1}"#.utf8),
                by: "ann"
            )
            let waiting = try #require(try await shop.journeys.trace(key: "a", limit: 10).journeys.first)
            #expect(waiting.event.seenIn == [.outbox] && waiting.event.entryID == nil)
            #expect(waiting.steps.map(\.state) == [.waiting])
            try await shop.relaying {
                try await eventually("it is in the stream") {
                    try await shop.journeys.trace(key: "a", limit: 10).journeys.first?.event.seenIn == [.log, .stream]
                }
            }
            #expect(try await shop.journeys.trace(key: "a", limit: 10).journeys[0].steps.map(\.state) == [.waiting])
            try await shop.running { try await shop.isProcessed(1) }
            let found = try await shop.journeys.event(published.id, in: Samples.orders).journeys
            #expect(found.map(\.event.envelope.id) == [published.id])
            #expect(found[0].steps.map(\.state) == [.committed])
            let place = try #require(found[0].event.entryID)
            #expect(
                try await shop.journeys.events(at: place, in: Samples.orders).journeys.map(\.event.envelope.id) == [
                    published.id
                ]
            )
            // What is no longer in Redis is found in the log.
            try shop.system.redis.cli("DEL", "\(published.partition)")
            #expect(
                try await shop.journeys.event(published.id, in: Samples.orders).journeys.map(\.event.seenIn) == [[.log]]
            )
            try await shop.database.execute(
                """
                INSERT INTO perch.failed_events
                    (group_name, topic, partition, position, entry_id, event_id, type, version, subject, time, payload, state, error,
                    attempts)
                SELECT 'shipping', topic, partition, position, '1-1', event_id, type, version, key, time, '', 'dead', 'no stock', 1
                FROM perch.log
                """
            )
            let dead = try await shop.journeys.trace(key: "a", limit: 10).journeys[0]
            #expect(dead.steps.map(\.state) == [.dead] && dead.steps[0].failure?.error == "no stock")
            #expect(JourneyText.timeline([dead], Screen(width: nil)).text.contains("dead after 1 attempt"))
            #expect(try await shop.operations() == ["ann publish orders \(published.id.text)"])
        }
    }
}
