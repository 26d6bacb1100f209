import Perch
import Testing

@testable import PerchConsole
@testable import PerchOperating

@Suite struct ReplayPlansTests {
    private static func id(_ position: Int64) -> EntryID {
        EntryID(milliseconds: 1_763_836_200_000 + position, position: position)
    }

    private static func back(from before: Int64, to after: Int64) -> ReplayPlans.Plan {
        let partition = Partition("orders", PartitionNumber(rawValue: 1))
        let step = ReplayPlan.Step(partition: partition, before: id(before), after: id(after))
        return .back(ReplayPlan(group: "billing", topic: "orders", steps: [step], notes: []))
    }

    private static func chosen(from first: Int64, to last: Int64, events: Int64, skipped: Int64) -> ReplayPlans.Plan {
        let partition = Partition("orders", PartitionNumber(rawValue: 1))
        let step = SelectedReplayPlan.Step(
            partition: partition,
            first: id(first),
            last: id(last),
            events: events,
            skipped: skipped
        )
        let selection = ReplaySelection(from: .beginning)
        return .chosen(
            SelectedReplayPlan(group: "billing", topic: "orders", selection: selection, steps: [step], notes: [])
        )
    }

    @Test func aGroupThatHasReadOnMayBeSetBackAsWasSaid() {
        let shown = Self.back(from: 20, to: 5)
        #expect(shown.holds(by: shown) && shown.holds(by: Self.back(from: 31, to: 5)))
    }

    @Test func aGroupThatWasSetBackOrWouldGoElsewhereMayNot() {
        let shown = Self.back(from: 20, to: 5)
        #expect(!shown.holds(by: Self.back(from: 19, to: 5)) && !shown.holds(by: Self.back(from: 20, to: 6)))
        #expect(!shown.holds(by: Self.chosen(from: 6, to: 20, events: 15, skipped: 0)))
    }

    @Test func chosenEventsThatLieInFailedEventsByNowAreNotThoseThatWereShown() {
        let shown = Self.chosen(from: 6, to: 20, events: 15, skipped: 0)
        #expect(shown.holds(by: shown) && shown.holds(by: Self.chosen(from: 6, to: 25, events: 20, skipped: 0)))
        #expect(!shown.holds(by: Self.chosen(from: 6, to: 20, events: 15, skipped: 15)))
        #expect(!shown.holds(by: Self.chosen(from: 8, to: 20, events: 13, skipped: 0)))
    }
}
