import ArgumentParser

/// Counts instructions, which do not depend on how busy the machine is.
struct CountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "count",
        abstract: "Counts the instructions that an event costs a side's process, by valgrind.",
        discussion: """
            What the process does itself is counted, without what the system does for it. The difference of two runs is taken,
            so that starting and ending is not in it: two counts lie within a percent of each other.

            examples:
              ops/bench --count                   about three minutes
              ops/bench --count --only consuming

            exit codes: 0 counted; 1 something failed, or an effect is wrong; 64 wrong usage
            """
    )

    @OptionGroup var choice: WorkloadChoice

    /// Events of the two runs.
    private static let few = 20_000
    private static let many = 60_000

    func run() async throws {
        let few = try choice.workloads(events: Self.few, in: Workload.counted)
        let many = try choice.workloads(events: Self.many, in: Workload.counted)
        let report = try await choice.withServers { servers, ours, baseline in
            let counter = try InstructionCounter(servers: servers, ours: ours, baseline: baseline)
            defer { counter.remove() }
            return CountReport(try await counter.count(zip(few, many).map { ($0, $1) }))
        }
        print(report.text)
        if let results = choice.results { try ResultsFile(path: results).write(report) }
    }
}
