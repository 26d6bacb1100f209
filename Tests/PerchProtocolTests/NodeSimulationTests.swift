import PerchSimulation
import Testing

/// The nodes of a simulated cluster, and a master that is demoted under its connections.
struct NodeSimulationTests {
    /// Nothing else goes wrong: all is handled meanwhile, or when it is over.
    @Test(arguments: Fault.ofNodes, [false, true])
    func allIsHandledWhateverGoesWrongWithANode(_ fault: Fault, _ runsShells: Bool) async {
        let result = await Campaign(first: 1, seeds: runsShells ? 4 : 10, runsShells: runsShells, fault: fault).run()
        #expect(result.failures.isEmpty, "\(result.failures)")
    }

    @Test func aSeedOfAClusterReplaysItself() {
        for runsShells in [false, true] {
            let runs = (0..<2).map { _ in
                let simulation = Simulation(seed: 3, runsShells: runsShells, fault: .slotMoves, tracing: true)
                _ = simulation.run()
                return simulation.lines
            }
            #expect(!runs[0].isEmpty && runs[0] == runs[1])
        }
    }

    /// Each with the fault that it is for.
    @Test(
        arguments: [
            (Sabotage.oneNodeAwayEndsAll, Fault.nodeAway), (.oneLaneAwayEndsAll, .nodeAway),
            (.tailKeptOverMovedSlot, .slotMoves), (.abortTakenAsAppended, .migrating),
            (.readOnlyTakenAsRefusal, .demotedStays), (.noLookWithoutRing, .ringLost),
        ],
        [false, true]
    )
    func aMechanismTakenAwayIsMissed(_ taken: (sabotage: Sabotage, fault: Fault), _ runsShells: Bool) async {
        let result = await Campaign(
            first: runsShells ? 1 : 1000,
            seeds: 1000,
            sabotage: taken.sabotage,
            runsShells: runsShells,
            fault: taken.fault
        ).run()
        print("CAUGHT", taken.sabotage, taken.fault, runsShells, result.failures.first?.seed ?? 0, result.seeds, result.steps)
        #expect(!result.failures.isEmpty)
    }
}
