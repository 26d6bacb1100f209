import ArgumentParser
import Foundation
import LocalServers

/// What all that measures is told: what, of which program, and where the results go.
struct WorkloadChoice: ParsableArguments {
    @Option(help: "Only parts or workloads whose name contains this; may be given several times.")
    var only: [String] = []
    @Option(help: "The file that the results are written to. Default: none; ops/bench names one, but with --quick.")
    var results: String?
    @Option(help: "The program of the baseline. Default: perch-bench-baseline beside this one.")
    var baseline: String?

    /// Those that are asked for.
    ///
    /// - Parameter isIncluded: Which can be measured so at all.
    func workloads(
        events: Int,
        isQuick: Bool = false,
        in isIncluded: (Workload) -> Bool = { _ in true }
    ) throws -> [Workload] {
        let chosen = Workload.all(events: events, isQuick: isQuick).filter(isIncluded).filter { workload in
            only.isEmpty || only.contains { workload.section.rawValue == $0 || workload.name.contains($0) }
        }
        guard !chosen.isEmpty else {
            throw ValidationError("no workload is named so; perch-bench --list shows them")
        }
        return chosen
    }

    /// Starts private servers with full durability; the body gets them and the programs of both sides.
    func withServers<R>(_ body: (BenchServers, _ ours: String, _ baseline: String) async throws -> R) async throws -> R
    {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        let other = baseline ?? (own as NSString).deletingLastPathComponent + "/perch-bench-baseline"
        guard FileManager.default.isExecutableFile(atPath: other) else {
            throw BenchError("\(other) is not there: swift build -c release --product perch-bench-baseline")
        }
        return try await withLocalRedis(settings: BenchServers.redisSettings) { redis in
            try await withLocalPostgres(fsync: true, settings: BenchServers.postgresSettings) { postgres in
                try await body(try BenchServers(redis: redis, postgres: postgres), own, other)
            }
        }
    }
}
