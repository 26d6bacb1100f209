import ArgumentParser
import Foundation
import LocalServers

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
    @Option(help: "Only parts or workloads whose name contains this; may be given several times.")
    var only: [String] = []
    @Flag(help: "Show the workloads.")
    var list = false
    @Option(help: "The file that the results are written to; with --quick none by default.")
    var results: String?
    @Option(help: "The program of the baseline. Default: perch-bench-baseline beside this one.")
    var baseline: String?

    func validate() throws {
        if let pairs, pairs < 1 { throw ValidationError("--pairs is \(pairs): expected 1 or more") }
        if let events, events < 2000 { throw ValidationError("--events is \(events): expected 2000 or more") }
    }

    func run() async throws {
        let all = Workload.all(events: events ?? (quick ? 5_000 : 100_000), isQuick: quick)
        let chosen = all.filter { workload in
            only.isEmpty
                || only.contains { workload.section.rawValue == $0 || workload.name.contains($0) }
        }
        guard !chosen.isEmpty else {
            throw ValidationError("no workload is named so; perch-bench --list shows them")
        }
        if list {
            for workload in chosen { print("\(workload.section.rawValue): \(workload.name)") }
            return
        }
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        let other = baseline ?? (own as NSString).deletingLastPathComponent + "/perch-bench-baseline"
        guard FileManager.default.isExecutableFile(atPath: other) else {
            throw BenchError("\(other) is not there: swift build -c release --product perch-bench-baseline")
        }
        let outcomes = try await withLocalRedis(settings: BenchServers.redisSettings) { redis in
            try await withLocalPostgres(fsync: true, settings: BenchServers.postgresSettings) { postgres in
                let bench = Bench(
                    servers: try BenchServers(redis: redis, postgres: postgres),
                    ours: own,
                    baseline: other
                )
                return try await bench.measure(chosen, pairs: pairs ?? (quick ? 1 : 5))
            }
        }
        let report = Report(outcomes)
        print(report.text)
        if let results { try ResultsFile(path: results).write(report) }
    }
}
