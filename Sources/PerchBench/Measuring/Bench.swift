import Foundation

/// Runs workloads: ours and the baseline, in turns, in the other order each time.
struct Bench {
    let servers: BenchServers
    let ours: String
    let baseline: String

    func measure(_ workloads: [Workload], pairs: Int) async throws -> [Outcome] {
        var outcomes: [Outcome] = []
        for (index, workload) in workloads.enumerated() {
            var outcome = Outcome(workload: workload)
            for pair in 1...min(pairs, workload.mostPairs) {
                say("[\(index + 1)/\(workloads.count)] \(workload.section.title): \(workload.name), pair \(pair)")
                if pair % 2 == 1 {
                    let first = try await runOurs(workload)
                    outcome.pairs.append((ours: first, baseline: try await runBaseline(workload)))
                } else {
                    let first = try await runBaseline(workload)
                    outcome.pairs.append((ours: try await runOurs(workload), baseline: first))
                }
            }
            say(nil)
            print(Report.line(outcome))
            outcomes.append(outcome)
        }
        return outcomes
    }

    private func runOurs(_ workload: Workload) async throws -> Measurement {
        try await run(workload, "perch-bench side") { (ours, ["side"] + $0) }
    }

    private func runBaseline(_ workload: Workload) async throws -> Measurement {
        try await run(workload, "perch-bench-baseline") { (baseline, $0) }
    }

    private func run(
        _ workload: Workload,
        _ name: String,
        _ command: ([String]) -> (String, [String])
    ) async throws -> Measurement {
        var options = workload.options
        options.postgres = try await servers.prepare(workload.scene, partitions: options.partitions)
        options.redisPort = servers.redisPort
        let (program, arguments) = command(options.arguments)
        let side = try SideProcess(name, program, arguments)
        let before = try servers.cpu()
        let values: [String: Double]
        do {
            values = try side.work()
        } catch {
            side.kill()
            throw error
        }
        // Connections that the side has closed: the ends of their servers are counted when they are reaped.
        try await Task.sleep(for: .milliseconds(20))
        let used = try servers.cpu() - before
        let memory = side.peakMemory
        side.end()
        if let rows = workload.ledgerRows { try servers.checkEffects(rows: rows, database: options.postgres) }
        let units = options.job == .idle ? options.seconds : Double(options.events) / 1000
        let measurement = Measurement(
            rate: (values["measured"] ?? 0) / max(values["seconds"] ?? 0, 1e-9),
            cpu: (values["cpu"] ?? 0) / units,
            redisCPU: used.redis / units,
            postgresCPU: used.postgres / units,
            memory: memory,
            latency: options.job == .latency ? try CommitTimes.latency(database: options.postgres) : []
        )
        try servers.tidy()
        return measurement
    }

    /// A line that the next one takes the place of; on a terminal only.
    private func say(_ text: String?) {
        guard isatty(2) == 1 else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K\(text ?? "")".utf8))
    }
}
