import PerchSimulation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `perch-simulate [--seeds N] [--first SEED] [--seed S] [--trace [LINES]] [--sabotage NAME|all] [--fault NAME] [--shells | --schedules] [--keep-going]`
struct Options {
    var seeds = 10_000
    var first: UInt64 = 1
    var seed: UInt64?
    var trace: Int?
    var sabotages: [Sabotage] = []
    var fault: Fault?
    var keepsGoing = false
    var runsShells = false
    var runsSchedules = false
    var scheduleSabotages: [ScheduleSabotage] = []

    static let usage = """
        usage: perch-simulate [--seeds N] [--first SEED]          run seeds, two at a time (10000 from 1)
                              [--keep-going]                      run all, and list every failing seed
                              [--seed S [--trace [LINES]]]        run one, and show its last steps
                              [--sabotage NAME|all]               take a mechanism away: some seed must fail
                              [--fault NAME]                      nothing goes wrong but this
                              [--shells]                          Perch's own loops, not the bare machines
                              [--schedules]                       what schedules decide, over a model of their row; it
                                                                  has neither SchedulerLoop nor Postgres, nor faults
                                                                  or traces to choose, but sabotages of its own

        sabotages: \(Sabotage.allCases.map(\.rawValue).joined(separator: " "))
        sabotages of schedules: \(ScheduleSabotage.allCases.map(\.rawValue).joined(separator: " "))
        faults: \(Fault.allCases.map(\.rawValue).joined(separator: " "))
        """

    init?(_ arguments: [String]) {
        var rest = arguments[...]
        var sabotage: String?
        while let option = rest.popFirst() {
            switch option {
            case "--seeds":
                guard let value = rest.popFirst().flatMap({ Int($0) }) else { return nil }
                seeds = value
            case "--first":
                guard let value = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
                first = value
            case "--seed":
                guard let value = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
                seed = value
            case "--trace":
                trace = 200
                if let count = rest.first.flatMap({ Int($0) }) {
                    trace = count
                    rest.removeFirst()
                }
            case "--fault":
                guard let value = rest.popFirst().flatMap({ Fault(rawValue: $0) }) else { return nil }
                fault = value
            case "--keep-going": keepsGoing = true
            case "--shells": runsShells = true
            case "--schedules": runsSchedules = true
            case "--sabotage":
                guard let name = rest.popFirst() else { return nil }
                sabotage = name
            default: return nil
            }
        }
        guard seeds >= 0, UInt64(seeds) <= UInt64.max - first else { return nil }
        if runsSchedules, runsShells || trace != nil || fault != nil { return nil }
        switch sabotage {
        case nil: break
        case "all" where runsSchedules: scheduleSabotages = ScheduleSabotage.allCases
        case "all": sabotages = Sabotage.allCases.filter { $0.isOf(shells: runsShells) }
        case let name?:
            scheduleSabotages = runsSchedules ? [ScheduleSabotage(rawValue: name)].compactMap(\.self) : []
            sabotages = runsSchedules ? [] : [Sabotage(rawValue: name)].compactMap(\.self)
            guard sabotages.count + scheduleSabotages.count == 1, sabotages.allSatisfy({ $0.isOf(shells: runsShells) })
            else { return nil }
        }
    }
}

func elapsed(since start: ContinuousClock.Instant) -> Double {
    let time = start.duration(to: .now).components
    return Double(time.seconds) + Double(time.attoseconds) / 1e18
}

func rounded(_ value: Double) -> String { String(Double(Int(value * 10)) / 10) }

/// One seed, with its trace.
func replay(_ seed: UInt64, _ options: Options) -> Bool {
    let simulation = Simulation(
        seed: seed,
        runsShells: options.runsShells,
        fault: options.fault,
        sabotage: options.sabotages.first,
        tracing: options.trace != nil
    )
    let violation = simulation.run()
    if let lines = options.trace { for line in simulation.lines.suffix(lines) { print(line) } }
    print("seed \(seed): \(violation ?? "ok"), \(simulation.steps) steps, \(simulation.now / 1000) virtual ms")
    return violation == nil
}

func campaign(_ options: Options) async -> Bool {
    let start = ContinuousClock.now
    let campaign = Campaign(
        first: options.first,
        seeds: options.seeds,
        runsShells: options.runsShells,
        fault: options.fault,
        stopsAtFailure: !options.keepsGoing
    )
    let result = await campaign.run { result in
        if result.seeds % 1000 == 0 {
            print("\(result.seeds) seeds, \(rounded(Double(result.seeds) / elapsed(since: start))) a second")
        }
    }
    for failure in result.failures {
        print("seed \(failure.seed): \(failure.violation)")
        if !options.keepsGoing {
            print("replay: perch-simulate --seed \(failure.seed) --trace")
            break
        }
    }
    let rate = rounded(Double(result.seeds) / elapsed(since: start))
    print(
        "\(result.seeds) seeds, \(result.failures.count) failed, \(result.steps / max(result.seeds, 1)) steps each, \(rate) seeds a second"
    )
    return result.failures.isEmpty
}

/// Each sabotage has to be caught.
func sabotage(_ options: Options) async -> Bool {
    var isGood = true
    for sabotage in options.sabotages {
        let result = await Campaign(
            first: options.first,
            seeds: options.seeds,
            sabotage: sabotage,
            runsShells: options.runsShells,
            fault: options.fault
        ).run()
        if let failure = result.failures.first {
            let seeds = failure.seed - options.first + 1
            print("\(sabotage.rawValue): caught after \(seeds) seeds (seed \(failure.seed): \(failure.violation))")
        } else {
            isGood = false
            print("\(sabotage.rawValue): NOT CAUGHT in \(result.seeds) seeds")
        }
    }
    return isGood
}

/// What schedules decide.
func schedules(_ options: Options) -> Bool {
    if let seed = options.seed { return ScheduleRuns.replay(seed, options.scheduleSabotages.first) }
    let runs = ScheduleRuns(first: options.first, seeds: options.seeds, keepsGoing: options.keepsGoing)
    return options.scheduleSabotages.isEmpty ? runs.campaign() : runs.catches(options.scheduleSabotages)
}

@main
enum Program {
    static func main() async {
        guard let options = Options(Array(CommandLine.arguments.dropFirst())) else {
            print(Options.usage)
            exit(64)
        }
        let isGood =
            if options.runsSchedules {
                schedules(options)
            } else if let seed = options.seed {
                replay(seed, options)
            } else if options.sabotages.isEmpty {
                await campaign(options)
            } else {
                await sabotage(options)
            }
        exit(isGood ? 0 : 1)
    }
}
