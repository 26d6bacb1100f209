import PerchSimulation
import Testing

/// The nodes of a simulated cluster, and a master that is demoted under its connections.
struct NodeSimulationTests {
    /// Nothing else goes wrong: all is handled meanwhile, or when it is over.
    @Test(arguments: Fault.ofNodes, [false, true])
    func allIsHandledWhateverGoesWrongWithANode(_ fault: Fault, _ runsShells: Bool) async {
        let result = await Campaign(first: 1, seeds: runsShells ? 1 : 3, runsShells: runsShells, fault: fault).run()
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

    /// Each with the fault that it is for, from a seed on that notices it: a debug build is slow. Where the simulation changes, others do.
    @Test(
        arguments: [
            (Sabotage.oneNodeAwayEndsAll, Fault.nodeAway, UInt64(1001), UInt64(6)),
            (.oneLaneAwayEndsAll, .nodeAway, 1001, 6), (.tailKeptOverMovedSlot, .slotMoves, 1001, 1),
            (.abortTakenAsAppended, .migrating, 1044, 162), (.readOnlyTakenAsRefusal, .demotedStays, 1000, 2),
            (.noLookWithoutRing, .ringLost, 1000, 1),
        ],
        [false, true]
    )
    func aMechanismTakenAwayIsMissed(
        _ taken: (sabotage: Sabotage, fault: Fault, seed: UInt64, seedOfShells: UInt64),
        _ runsShells: Bool
    ) async {
        let result = await Campaign(
            first: runsShells ? taken.seedOfShells : taken.seed,
            seeds: 1000,
            sabotage: taken.sabotage,
            runsShells: runsShells,
            fault: taken.fault,
            stretch: 1
        ).run()
        #expect(!result.failures.isEmpty)
    }
}
