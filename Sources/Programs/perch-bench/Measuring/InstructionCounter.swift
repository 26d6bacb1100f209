import Foundation

/// What an event costs each side's process.
struct InstructionCount {
    let workload: Workload
    let ours: Double
    let baseline: Double
}

/// Runs sides under valgrind's callgrind, which counts their instructions, without those of the kernel.
final class InstructionCounter {
    private let runner: SideRunner
    private let ours: SideProgram
    private let baseline: SideProgram
    private let folder: URL
    private let counts: URL
    private let log: URL

    /// Both programs are copied without what debuggers need to know: valgrind ends itself while it reads that of Swift.
    init(servers: BenchServers, ours: String, baseline: String) throws {
        runner = SideRunner(servers: servers)
        let folder = FileManager.default.temporaryDirectory.appending(path: "perch-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.folder = folder
        counts = folder.appending(path: "counts")
        log = folder.appending(path: "log")
        let copies = [ours, baseline].map { folder.appending(path: URL(fileURLWithPath: $0).lastPathComponent).path }
        for (program, copy) in zip([ours, baseline], copies) {
            try Self.run("strip", "--strip-debug", "-o", copy, program)
        }
        self.ours = Self.counted(.ours(copies[0]), counts: counts.path, log: log.path)
        self.baseline = Self.counted(.baseline(copies[1]), counts: counts.path, log: log.path)
    }

    /// Removes the copies.
    func remove() { try? FileManager.default.removeItem(at: folder) }

    /// - Parameter workloads: Each with few and with many events.
    func count(_ workloads: [(few: Workload, many: Workload)]) async throws -> [InstructionCount] {
        var counts: [InstructionCount] = []
        for (index, (few, many)) in workloads.enumerated() {
            ProgressLine.say("[\(index + 1)/\(workloads.count)] \(many.title)")
            let events = Double(many.options.events - few.options.events)
            func count(_ side: SideProgram) async throws -> Double {
                (try await instructions(many, side) - (try await instructions(few, side))) / events
            }
            let count = InstructionCount(
                workload: many,
                ours: try await count(ours),
                baseline: try await count(baseline)
            )
            ProgressLine.end(with: CountReport.line(count))
            counts.append(count)
        }
        return counts
    }

    private func instructions(_ workload: Workload, _ side: SideProgram) async throws -> Double {
        try? FileManager.default.removeItem(at: counts)
        do {
            _ = try await runner.run(workload, side)
        } catch {
            throw BenchError("\(error)\n\((try? String(contentsOf: log, encoding: .utf8)) ?? "valgrind said nothing")")
        }
        let text = try String(contentsOf: counts, encoding: .utf8)
        guard let total = text.firstMatch(of: /\n(?:totals|summary): ([0-9]+)/), let count = Double(total.1) else {
            throw BenchError("valgrind has counted nothing in \(counts.path)")
        }
        return count
    }

    private static func counted(_ side: SideProgram, counts: String, log: String) -> SideProgram {
        SideProgram(
            name: side.name,
            path: "/usr/bin/env",
            arguments: [
                "valgrind", "--tool=callgrind", "--callgrind-out-file=\(counts)", "--log-file=\(log)", side.path,
            ] + side.arguments
        )
    }

    private static func run(_ program: String, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchError("\(program) ended with status \(process.terminationStatus); what it said is above")
        }
    }
}
