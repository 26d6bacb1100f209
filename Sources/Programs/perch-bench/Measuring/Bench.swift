/// Measures workloads: ours and the baseline, in turns, in the other order each time.
struct Bench {
    private let runner: SideRunner
    private let ours: SideProgram
    private let baseline: SideProgram

    init(servers: BenchServers, ours: String, baseline: String) {
        runner = SideRunner(servers: servers)
        self.ours = .ours(ours)
        self.baseline = .baseline(baseline)
    }

    func measure(_ workloads: [Workload], pairs: Int) async throws -> [Outcome] {
        var outcomes: [Outcome] = []
        for (index, workload) in workloads.enumerated() {
            var outcome = Outcome(workload: workload)
            for pair in 1...min(pairs, workload.mostPairs) {
                ProgressLine.say("[\(index + 1)/\(workloads.count)] \(workload.title), pair \(pair)")
                if pair % 2 == 1 {
                    let first = try await runner.run(workload, ours)
                    outcome.pairs.append((ours: first, baseline: try await runner.run(workload, baseline)))
                } else {
                    let first = try await runner.run(workload, baseline)
                    outcome.pairs.append((ours: try await runner.run(workload, ours), baseline: first))
                }
            }
            ProgressLine.end(with: Report.line(outcome))
            outcomes.append(outcome)
        }
        return outcomes
    }
}
