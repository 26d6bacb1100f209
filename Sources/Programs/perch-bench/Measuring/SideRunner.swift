import Foundation

/// How a side is started.
struct SideProgram {
    let name: String
    let path: String
    /// Before those of the workload.
    let arguments: [String]

    static func ours(_ path: String) -> SideProgram {
        SideProgram(name: "perch-bench side", path: path, arguments: ["side"])
    }

    static func baseline(_ path: String) -> SideProgram {
        SideProgram(name: "perch-bench-baseline", path: path, arguments: [])
    }
}

/// Runs one side once: prepares what it finds, lets it work, checks its effects.
struct SideRunner {
    let servers: BenchServers

    /// - Throws: where the side fails, or an effect is wrong.
    func run(_ workload: Workload, _ program: SideProgram) async throws -> Measurement {
        var options = workload.options
        options.postgres = try await servers.prepare(workload.scene, partitions: options.partitions)
        options.redisPort = servers.redisPort
        let side = try SideProcess(program.name, program.path, program.arguments + options.arguments)
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
}
