import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import PerchCLI

/// Groups that read again, on real servers.
@Suite(.serialized) struct ReplayTests {
    @Test func aReplayHandlesThoseEventsAgainInOrderAndSaysSoBefore() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(20)
                try await shop.isProcessed(20)
                let plan = try await shop.replays.plan("shipping", "orders", from: .beginning)
                #expect(plan.events == 20 && plan.steps.allSatisfy { $0.after == .zero })
                #expect(try await shop.effects() == 20, "a plan changes nothing")
                try await shop.replays.replay(plan, by: "ann")
                try await shop.isProcessed(20)
                try await eventually("every event was handled twice") { try await shop.handled() == 40 }
                #expect(try await shop.effects() == 20)
                #expect(try await shop.isInOrder())
            }
            #expect(try await shop.operations() == ["ann replay shipping orders"])
            let details = try await shop.database.query("SELECT details->>'events' AS n FROM perch.operations") {
                try $0.decode("n", as: String.self)
            }
            #expect(details == ["20"])
        }
    }

    @Test func aReplayFromAnEntryOrATimeBeginsThere() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(40)
                try await shop.isProcessed(40)
            }
            let partition = try #require(
                try await shop.status.topics()[0].partitions.first { ($0.last?.position ?? 0) >= 3 }
            )
            let last = try #require(partition.last)
            let place = try #require(
                EntryID(
                    try shop.system.redis.cli("XREVRANGE", "\(partition.partition)", "+", "-", "COUNT", "2").split(
                        separator: "\n"
                    ).last { EntryID($0) != nil } ?? ""
                )
            )
            #expect(place.position == last.position - 1)
            let plan = try await shop.replays.plan(
                "shipping",
                "orders",
                from: .entry(place),
                only: partition.partition.number
            )
            #expect(plan.events == 2 && plan.steps.map(\.partition) == [partition.partition])
            #expect(plan.steps[0].after.position == place.position - 1)
            let early = try await shop.replays.plan(
                "shipping",
                "orders",
                from: .time(Timestamp(milliseconds: 1))
            )
            #expect(early.events == 40)
            let late = try await shop.replays.plan("shipping", "orders", from: .time(.now + .seconds(60)))
            #expect(late.steps.isEmpty)
            await #expect(throws: OperationRefused.self) {
                try await shop.replays.plan(
                    "shipping",
                    "orders",
                    from: .entry(EntryID(milliseconds: 5, position: 5))
                )
            }
        }
    }

    @Test func aTrimmedStreamIsMadeAgainForAReplay() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(40)
                try await shop.isProcessed(40)
                for number in 0..<4 { try shop.system.redis.cli("XTRIM", "orders:\(number)", "MAXLEN", "1") }
                let plan = try await shop.replays.plan("shipping", "orders", from: .beginning)
                #expect(plan.events == 40)
                #expect(plan.notes.contains { $0.contains("makes it again from its log") })
                try await shop.replays.replay(plan, by: "ann")
                try await eventually("every event was handled twice") { try await shop.handled() == 80 }
                #expect(try await shop.isInOrder())
            }
        }
    }

    @Test func aReplayIsRefusedWhereItWouldTakeEffectTwice() async throws {
        try await withShop(isIdempotent: false) { shop in
            await #expect("it is not known before a worker has started") {
                try await shop.replays.plan("shipping", "orders", from: .beginning)
            } throws: { "\($0)".contains("no worker of it has ever started") }
            try await shop.running {
                try await shop.publish(4)
                try await shop.isProcessed(4)
            }
            let before = try await shop.checkpoints()
            await #expect("it declares neither") {
                try await shop.replays.plan("shipping", "orders", from: .beginning)
            } throws: { "\($0)".contains("neither is idempotent by event id nor declares a reset") }
            #expect(try await shop.checkpoints() == before)
            #expect(try await shop.operations().isEmpty)
        }
    }

    @Test func startingAgainAtTheCheckpointChangesNoEffect() async throws {
        try await withShop(isIdempotent: false) { shop in
            try await shop.running {
                try await shop.publish(20)
                try await shop.isProcessed(20)
                let epochs = try await shop.epochs()
                #expect(try await shop.replays.restartAtCheckpoint("shipping", "orders", by: "ann") == 4)
                try await shop.publish(20)
                try await shop.isProcessed(40)
                #expect(try await shop.epochs() >= epochs + 8, "raised, and raised again by the new acquisition")
                #expect(try await shop.handled() == 40)
            }
        }
    }
}
