import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import PerchCLI

/// Delayed events as operators see them.
@Suite(.serialized) struct DelaysTests {
    @Test func delayedEventsAreListedShownAndCancelled() async throws {
        try await withShop { shop in
            #expect(try shop.perch("delays").out == "No delayed events.\n")
            let soon = Timestamp.now + .seconds(3600)
            let ids = try await shop.database.transaction { tx in
                [
                    try tx.publish(OrderCounted(order: "b", count: 2), notBefore: soon + .seconds(60)),
                    try tx.publish(OrderCounted(order: "a", count: 1), notBefore: soon),
                ].map { $0.uuidString.lowercased() }
            }
            let list = try shop.perch("delays", "list", "--json").json()
            let events = try #require(list["events"] as? [[String: Any]])
            #expect(events.map { $0["id"] as? String } == [ids[1], ids[0]], "the next to become due first")
            #expect(events[0]["due_at"] as? String == soon.description && events[0]["service"] as? String == "shop")
            #expect(list["total"] as? Int == 2)
            let table = try shop.perch("delays").out
            #expect(table.contains("2 delayed events.") && table.contains(soon.description))
            let ofKey = try shop.perch("delays", "list", "--key", "b", "--json").json()
            #expect((ofKey["events"] as? [[String: Any]])?.map { $0["id"] as? String } == [ids[0]])
            #expect(try shop.perch("delays", "list", "--topic", "none").code == 64)
            let shown = try shop.perch("delays", "show", ids[1]).out
            #expect(shown.contains("due at    \(soon)") && shown.contains(#""count": 1"#))

            #expect(try shop.perch("delays", "cancel", ids[1], "--dry-run").out == "Would cancel \(ids[1]).\n")
            #expect(try shop.perch("delays", "cancel", ids[1], "--yes", "--by", "ann").code == 0)
            #expect(try shop.perch("delays", "cancel", ids[1], "--yes").code == 1, "once")
            #expect(try shop.perch("delays", "show", ids[1]).code == 1)
            #expect(try await shop.operations() == ["ann cancel_delayed delayed event \(ids[1])"])
            #expect(try await shop.number("SELECT count(*) AS n FROM perch.delayed_events") == 1)
        }
    }

    @Test func traceAndShowSayUntilWhenAnEventWaits() async throws {
        try await withShop { shop in
            let due = Timestamp.now + .seconds(3600)
            let id = try await shop.database.transaction { tx in
                try tx.publish(OrderCounted(order: "a", count: 2), notBefore: due)
            }
            let trace = try await shop.journeys.trace(key: "a", limit: 10).journeys
            #expect(trace.map(\.event.seenIn) == [[.delayed]] && trace[0].event.entryID == nil)
            #expect(trace[0].event.partition.number == PartitionNumber(key: "a", of: Samples.orders.partitions))
            #expect(trace[0].steps.map(\.state) == [.waiting])
            #expect(try shop.perch("trace", "a").out.contains("waits until \(due)"))
            #expect(try shop.perch("show", "orders", id.uuidString).out.contains("waits until \(due)"))
        }
    }

    @Test func whatIsOverdueIsNamedAndMeasured() async throws {
        try await withShop { shop in
            try await shop.database.transaction { tx in
                try tx.publish(OrderCounted(order: "a", count: 1), notBefore: .now + .seconds(3600))
                try tx.publish(OrderCounted(order: "b", count: 1), notBefore: .now + .seconds(3600))
            }
            let early = try await shop.status.outbox(ownedBy: "shop").topics?.first
            #expect(early?.delayed == 2 && early?.overdue == .zero)
            #expect(try await shop.diagnosis.findings().allSatisfy { $0.code != "delayed-overdue" })
            try await shop.database.execute(
                "UPDATE perch.delayed_events SET due_at = due_at - interval '2 hours' WHERE key = 'a'"
            )
            let late = try #require(try await shop.status.outbox(ownedBy: "shop").topics?.first)
            #expect(late.delayed == 2 && late.overdue > .seconds(3500))
            let found = try await shop.diagnosis.findings().filter { $0.code == "delayed-overdue" }
            #expect(found.count == 1 && found[0].facts["delayed"] == .number(2) && found[0].severity == .problem)
            #expect(try await shop.problems().contains { $0.contains("delayed events are due and not published") })
            let topic = try #require((try shop.perch("topics", "--json").json()["topics"] as? [[String: Any]])?.first)
            #expect(topic["delayed"] as? Int == 2 && (topic["overdue_seconds"] as? Double ?? 0) > 3500)
        }
    }
}
