import ArgumentParser

/// Measures, shows and writes down.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Measures Perch and the baseline, in turns, on private servers with full durability.",
        discussion: """
            examples:
              ops/bench                           everything: about half an hour
              ops/bench --quick                   a smoke test: under a minute, once built
              ops/bench --only consuming          one part; the others keep their results
              ops/bench --only latency --pairs 9
              ops/bench --list

            exit codes: 0 measured; 1 something failed, or an effect is wrong; 64 wrong usage
            """
    )

    @Flag(help: "Small and once: does it work?")
    var quick = false
    @Option(help: "How often each side runs a workload; they take turns. Default: 5, with --quick 1.")
    var pairs: Int?
    @Option(help: "Events of a run, where a workload has no number of its own. Default: 100,000, with --quick 5,000.")
    var events: Int?
    @Flag(help: "Show the workloads.")
    var list = false
    @OptionGroup var choice: WorkloadChoice

    func validate() throws {
        if let pairs, pairs < 1 { throw ValidationError("--pairs is \(pairs): expected 1 or more") }
        if let events, events < 2000 { throw ValidationError("--events is \(events): expected 2000 or more") }
    }

    func run() async throws {
        let chosen = try choice.workloads(events: events ?? (quick ? 5_000 : 100_000), isQuick: quick)
        if list {
            for workload in chosen { print(workload.title) }
            return
        }
        let outcomes = try await choice.withServers { servers, ours, baseline in
            try await Bench(servers: servers, ours: ours, baseline: baseline)
                .measure(chosen, pairs: pairs ?? (quick ? 1 : 5))
        }
        let report = Report(outcomes)
        print(report.text)
        if let results = choice.results { try ResultsFile(path: results).write(report) }
    }
}
