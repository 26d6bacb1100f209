import PerchSimulation

/// `perch-simulate --schedules`: the decisions of schedules over a model of the row, not `SchedulerLoop` and not Postgres.
struct ScheduleRuns {
    let first: UInt64
    let seeds: Int
    let keepsGoing: Bool

    private var range: Range<UInt64> { first..<first + UInt64(seeds) }

    /// The seeds that fail; of those up to the first, where it does not keep going.
    func campaign() -> Bool {
        let start = ContinuousClock.now
        var (run, failed) = (0, 0)
        for seed in range {
            run += 1
            var simulation = ScheduleSimulation(seed: seed)
            guard let violation = simulation.run() else { continue }
            failed += 1
            print(violation)
            if !keepsGoing {
                print("replay: perch-simulate --schedules --seed \(seed)")
                break
            }
        }
        let rate = rounded(Double(run) / elapsed(since: start))
        print("\(run) seeds of schedules, \(failed) failed, \(rate) seeds a second")
        return failed == 0
    }

    /// One seed.
    static func replay(_ seed: UInt64, _ sabotage: ScheduleSabotage?) -> Bool {
        var simulation = ScheduleSimulation(seed: seed, sabotage: sabotage)
        let violation = simulation.run()
        print(violation ?? "seed \(seed): ok")
        return violation == nil
    }

    /// Each sabotage has to be caught.
    func catches(_ sabotages: [ScheduleSabotage]) -> Bool {
        var isGood = true
        for sabotage in sabotages {
            var caught: String?
            for seed in range where caught == nil {
                var simulation = ScheduleSimulation(seed: seed, sabotage: sabotage)
                caught = simulation.run().map { "caught after \(seed - first + 1) seeds (\($0))" }
            }
            if caught == nil { isGood = false }
            print("\(sabotage.rawValue): \(caught ?? "NOT CAUGHT in \(seeds) seeds")")
        }
        return isGood
    }
}
