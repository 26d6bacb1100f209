import Foundation

/// `ops/benchmark/RESULTS.md`: what was measured last of each part. A run of one part leaves the others as they are.
struct ResultsFile {
    let path: String

    func write(_ report: Report) throws {
        var new: [String: String] = [:]
        for section in report.sections {
            let pairs = report.outcomes.filter { $0.workload.section == section }.map(\.pairs.count).max() ?? 0
            new[section.title] = """
                \(report.table(section))

                Measured by `\(Self.command)`, \(pairs) pair\(pairs == 1 ? "" : "s"), on \(try Machine.description())
                """
        }
        try write(new)
    }

    func write(_ report: CountReport) throws {
        try write([
            CountReport.title: """
            What a side's own process executes, without the kernel: it does not depend on how busy the machine is.

            \(report.table)

            Counted by `\(Self.command)`, on \(try Machine.description())
            """
        ])
    }

    private func write(_ new: [String: String]) throws {
        let old = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let sections = Self.sections(of: old).merging(new) { $1 }
        let known = Workload.Section.allCases.map(\.title) + [CountReport.title]
        let others = sections.keys.filter { !known.contains($0) }.sorted()
        let body = (known + others).compactMap { title in
            sections[title].map { "## \(title)\n\n\($0)\n" }
        }.joined(separator: "\n")
        try (Self.introduction + "\n" + body).write(toFile: path, atomically: true, encoding: .utf8)
    }

    private static var command: String {
        let arguments = CommandLine.arguments.dropFirst().filter { $0 != "run" }.prefix { $0 != "--results" }
        return (["ops/bench"] + arguments.map { $0 == "count" ? "--count" : $0 }).joined(separator: " ")
    }

    /// The text under each heading.
    private static func sections(of text: String) -> [String: String] {
        var sections: [String: String] = [:]
        for part in "\n\(text)".components(separatedBy: "\n## ").dropFirst() {
            guard let end = part.firstIndex(of: "\n") else { continue }
            sections[String(part[..<end])] = part[end...].trimmingCharacters(in: .whitespacesAndNewlines)
        }
        return sections
    }

    private static let introduction = """
        # Results

        Written by `ops/bench`; [README.md](README.md) says what is measured and how. Ours and the baseline, a C program that
        does the same work, took turns on the same private servers (fsync and synchronous_commit on). Each value is the median
        of the pairs, with the least and the most behind it; a ratio is ours to the baseline's, pair by pair. CPU is in
        milliseconds per 1,000 events (of an idle system: per second); the columns Redis, Postgres and memory (the peak of the
        side's process, in MiB) are ours / baseline.

        """
}

/// What it was measured on.
enum Machine {
    /// One line: processor, system, versions.
    static func description() throws -> String {
        let cpu =
            (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?
            .split(separator: "\n").first { $0.hasPrefix("model name") }?
            .split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "an unknown processor"
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return "\(cores) cores of \(cpu), \(ProcessInfo.processInfo.operatingSystemVersionString), "
            + "\(try version("redis-server")), \(try version("psql")), \(try version("swift"))."
    }

    private static func version(_ program: String) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program, "--version"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard let match = text.firstMatch(of: /(Redis|psql|Swift)[^0-9]*([0-9][0-9.]*)/) else { return program }
        let names = ["redis-server": "Redis", "psql": "Postgres", "swift": "Swift"]
        return "\(names[program] ?? program) \(match.2)"
    }
}
