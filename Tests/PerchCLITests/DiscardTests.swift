import ArgumentParser
import Foundation
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import PerchCLI

/// What operators gave up stays told; and a change of many touches what was counted and nothing else.
@Suite(.serialized) struct DiscardTests {
    private func state(of key: String, _ shop: Shop) async throws -> EventJourney.Step {
        try #require(try await shop.journeys.trace(key: key, limit: 10).journeys.first?.steps.first)
    }

    @Test func anEventThatWasDiscardedIsNeverCalledCommitted() async throws {
        try await withShop { shop in
            try await shop.running(RefuseUnlucky()) {
                try await shop.publish([OrderCounted(order: "a", count: 13), OrderCounted(order: "b", count: 1)])
                try await eventually("one is dead") { try await shop.counts() == [.dead: 1] }
                #expect(try await state(of: "a", shop).state == .dead)
                let done = try shop.perch("failed", "discard", "1", "--reason", "a test", "--by", "eve", "-y")
                #expect(done.code == 0, "\(done)")
                try await eventually("all are read") {
                    try await shop.status.groups()[0].status.partitions.allSatisfy { $0.lag == 0 }
                }
            }
            let step = try await state(of: "a", shop)
            #expect(step.state == .discarded && step.discard?.by == "eve" && step.discard?.reason == "a test")
            #expect(try await state(of: "b", shop).state == .committed)
            let trace = try shop.perch("trace", "a")
            #expect(trace.out.contains("discarded by eve: a test") && !trace.out.contains("committed"), "\(trace)")
            let events = try #require(try shop.perch("trace", "a", "--json").json()["events"] as? [[String: Any]])
            let group = try #require((events.first?["groups"] as? [[String: Any]])?.first)
            #expect(group["state"] as? String == "discarded" && group["discarded_by"] as? String == "eve")
            #expect(group["reason"] as? String == "a test" && group["discarded_at"] is String)

            // Handled again, it has its effect.
            try await shop.running {
                let plan = try await shop.replays.plan("shipping", "orders", from: .beginning)
                try await shop.replays.replay(plan, by: "ann")
                try await eventually("it took effect") { try await shop.handled(of: "a") == [13] }
                try await eventually("all are read") {
                    try await shop.status.groups()[0].status.partitions.allSatisfy { $0.lag == 0 }
                }
            }
            #expect(try await state(of: "a", shop).state == .committed)
        }
    }

    @Test func aReplayOfTheKeyMakesAnEventCommittedAndOneOfAnotherKeyDoesNot() async throws {
        try await withShop { shop in
            try await shop.running(RefuseUnlucky()) {
                try await shop.publish([OrderCounted(order: "a", count: 13), OrderCounted(order: "b", count: 1)])
                try await eventually("one is dead") { try await shop.counts() == [.dead: 1] }
                try await FailedEvents(shop.database, of: "shipping").discard(id: 1, reason: "a test", by: "eve")
                try await eventually("all are read") {
                    try await shop.status.groups()[0].status.partitions.allSatisfy { $0.lag == 0 }
                }
            }
            func replay(_ key: String) async throws {
                let selection = ReplaySelection(from: .beginning, to: nil, key: key, partition: nil)
                let plan = try await shop.replays.plan("shipping", "orders", selecting: selection)
                try await shop.running {
                    _ = try await shop.replays.replay(plan, by: "ann")
                    try await eventually("nothing is left") { try await shop.counts().isEmpty }
                }
            }
            try await replay("b")
            #expect(try await state(of: "a", shop).state == .discarded)
            try await replay("a")
            #expect(try await state(of: "a", shop).state == .committed)
        }
    }

    @Test func whatFailsAfterTheCountIsNotTouched() async throws {
        try await withShop { shop in
            try await shop.fail(3)
            _ = try await shop.database.execute("UPDATE perch.failed_events SET state = 'held' WHERE id = 2")
            let selection = try FailedSelection.parse(["--state", "failed", "--state", "dead"])
            let choices = try selection.choices([], in: try shop.connections())
            let system = OperatedSystem(try shop.connections())
            let chosen = try await FailedChange(.discard(reason: "x"), choices, in: system)
            #expect(chosen.count == 2)
            // Meanwhile one more fails, and one that was held is dead now.
            try await shop.fail(1, from: 4)
            _ = try await shop.database.execute(
                "UPDATE perch.failed_events SET state = 'dead', failed_at = clock_timestamp() WHERE id = 2"
            )
            let outcome = try await chosen.run(by: "eve", isStopped: { false })
            #expect(outcome.count == 2)
            let left = try await FailedEvents(shop.database, of: "shipping").list().map(\.id)
            #expect(left == [2, 4])
        }
    }

    @Test func aChangeIsOneOperationIsStoppedBetweenTwoTransactionsAndTellsHowFarItIs() async throws {
        try await withShop { shop in
            try await shop.fail(1500)
            var filter = FailedEvents.Filter()
            filter.upTo = FailedEvents.Mark(id: 1400)
            let counted = try await FailedChange(
                .discard(reason: "x"),
                [.init(group: "shipping", filter: filter)],
                in: shop.operated
            )
            #expect(counted.count == 1400)
            let (id, steps) = (UUID.v7(), Steps())
            let stopped = try await counted.run(
                by: "eve",
                operation: id,
                isStopped: { await !steps.all.isEmpty },
                progress: { await steps.add($0) }
            )
            #expect(stopped.isStopped && stopped.count == 1000)
            let said = await steps.all.map { "\($0.group) \($0.changed) of \($0.counted)" }
            #expect(said == ["shipping 1000 of 1400"])
            let rest = FailedChange(.discard(reason: "x"), counted.parts)
            let outcome = try await rest.run(by: "eve", operation: id, isStopped: { false })
            #expect(!outcome.isStopped && outcome.count == 400)
            #expect(try await shop.counts() == [.dead: 100])
            let ofIt = try await shop.number(
                "SELECT count(*) AS n FROM perch.operations WHERE details->>'operation' = \(id.uuidString.lowercased())"
            )
            #expect(ofIt == 1400)
        }
    }

    private actor Steps {
        private(set) var all: [FailedChange.Step] = []
        func add(_ step: FailedChange.Step) { all.append(step) }
    }

    @Test func theBoundOfTheDryRunCanBeGivenToTheCommandThatFollows() async throws {
        try await withShop { shop in
            try await shop.fail(3)
            let dry = try shop.perch("failed", "retry", "--all", "--dry-run", "--json").json()
            let groups = try #require(dry["groups"] as? [[String: Any]])
            let bound = try #require(groups.first?["up_to"] as? String)
            #expect(bound.hasPrefix("shipping/3-"), "\(bound)")
            let mark = try #require(FailedEvents.Mark(String(bound.dropFirst("shipping/".count))))
            try await shop.fail(2, from: 4)
            let done = try shop.perch("failed", "retry", "--all", "--up-to", bound, "--yes", "--json")
            #expect(try done.json()["changed"] as? Int == 3, "\(done)")
            #expect(try await shop.counts() == [.failed: 3, .dead: 2])
            let discarded = try shop.perch(
                "failed",
                "discard",
                "--all",
                "--up-to",
                "4",
                "--reason",
                "x",
                "--yes",
                "--json"
            )
            #expect(try discarded.json()["changed"] as? Int == 4, "\(discarded)")
            #expect(try await FailedEvents(shop.database, of: "shipping").list().map(\.id) == [5])
            // What was counted as held, and is dead since, lies before the mark's id, and past its time.
            try await shop.fail(1, from: 6)
            let later = "\(FailedEvents.Mark(id: 6))-" + "\(mark)".split(separator: "-")[1]
            _ = try await shop.database.execute(
                "UPDATE perch.failed_events SET failed_at = clock_timestamp() WHERE id = 5"
            )
            let listed = try shop.perch("failed", "list", "--up-to", later, "--json").json()
            #expect((listed["events"] as? [[String: Any]])?.map { $0["id"] as? String } == ["shipping/6"])
            let bounded = try shop.perch("failed", "retry", "--all", "--up-to", later, "--dry-run", "--json").json()
            #expect((bounded["groups"] as? [[String: Any]])?.first?["up_to"] as? String == "shipping/\(later)")
            for text in ["x", "4-", "4-x", "-4", "0", "/4", "a/b/4"] {
                #expect(try shop.perch("failed", "list", "--up-to=\(text)").code == 64, "\(text)")
            }
            let wrong = try shop.perch("failed", "retry", "--all", "--up-to", "shiping/4", "--yes")
            #expect(wrong.code == 64 && wrong.error.contains("did you mean `shipping`?"), "\(wrong)")
        }
    }
}
