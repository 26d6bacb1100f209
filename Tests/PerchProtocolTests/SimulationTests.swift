import PerchSimulation
import Testing

/// A taste of the simulation; `perch-simulate` runs the thousands of seeds, and every sabotage.
struct SimulationTests {
    @Test func nothingIsLostDoubledOrReordered() async {
        let result = await Campaign(first: 1, seeds: 30).run()
        #expect(result.failures.isEmpty, "\(result.failures)")
    }

    @Test func aSeedReplaysItself() {
        let runs = (0..<2).map { _ in
            let simulation = Simulation(seed: 7, tracing: true)
            _ = simulation.run()
            return simulation.lines
        }
        #expect(!runs[0].isEmpty && runs[0] == runs[1])
    }

    @Test func theLoopsThemselvesLoseDoubleAndReorderNothing() async {
        let result = await Campaign(first: 1, seeds: 8, runsShells: true).run()
        #expect(result.failures.isEmpty, "\(result.failures)")
    }

    /// An entry that a woken worker had read stayed pending for good, and retention waited for it.
    @Test(arguments: [UInt64(283)]) func seedsThatFailedOnceHold(_ seed: UInt64) async {
        let result = await Campaign(first: seed, seeds: 1, runsShells: true).run()
        #expect(result.failures.isEmpty, "\(result.failures)")
    }

    @Test func aSeedOfTheLoopsReplaysItself() async {
        let runs = (0..<2).map { _ in
            let simulation = Simulation(seed: 7, runsShells: true, tracing: true)
            _ = simulation.run()
            return simulation.lines
        }
        #expect(!runs[0].isEmpty && runs[0] == runs[1])
    }

    /// Those that few seeds catch: a debug build is slow. All of them: `perch-simulate --sabotage all`.
    @Test(arguments: [
        Sabotage.checkpointInItsOwnTransaction, .noRewind, .batchesNotVerified,
        .orderByTransactionID, .assignWithoutRowLock, .trimWithoutGroups, .rebuildFromWrongPosition,
        .lostReplyAppendedAgainWithNewIds, .foreignEntriesHandled,
        .followersNotHeld, .parkedOutsideTransaction, .attemptsLost,
        .outcomeNotAwaited, .groupNotInKey, .unknownLeasesKept, .dueGivenTwice, .dueLost, .dueInOrderOfAsking,
        .dueByClockOnceSeen, .dueNotLookedFor,
    ])
    func aMechanismTakenAwayIsMissed(_ sabotage: Sabotage) async {
        let result = await Campaign(first: 2000, seeds: 1000, sabotage: sabotage, stretch: 1).run()
        #expect(!result.failures.isEmpty)
    }
}
