import Foundation

/// The outcomes as tables in Markdown, which can be read as they are.
struct Report {
    let outcomes: [Outcome]

    init(_ outcomes: [Outcome]) { self.outcomes = outcomes }

    var sections: [Workload.Section] {
        Workload.Section.allCases.filter { section in outcomes.contains { $0.workload.section == section } }
    }

    /// All tables, each under its heading.
    var text: String {
        sections.map { "\n## \($0.title)\n\n\(table($0))\n" }.joined()
    }

    /// The table of a section.
    func table(_ section: Workload.Section) -> String {
        let rows = outcomes.filter { $0.workload.section == section }
        switch section {
        case .latency: return Table(Self.latencyHeads, rows.flatMap(Self.latencyRows)).text
        case .idle: return Table(Self.idleHeads, rows.map(Self.idleRow)).text
        default: return Table(Self.heads, rows.map(Self.row)).text
        }
    }

    /// What is shown as soon as a workload is done.
    static func line(_ outcome: Outcome) -> String {
        let name = outcome.workload.title
        switch outcome.workload.section {
        case .latency:
            let value: (Measurement) -> Double = { $0.latency.first ?? 0 }
            return "\(name): p50 \(decimal(outcome.ours(value).median, 2)) ms, baseline "
                + "\(decimal(outcome.baseline(value).median, 2)) ms"
        case .idle:
            return "\(name): \(decimal(outcome.ours(\.cpu).median * 1000, 1)) ms of CPU a second, baseline "
                + "\(decimal(outcome.baseline(\.cpu).median * 1000, 1))"
        default:
            return "\(name): \(whole(outcome.ours(\.rate).median)) events/s, baseline "
                + "\(whole(outcome.baseline(\.rate).median)), ratio \(decimal(outcome.ratio(\.rate).median, 2))"
        }
    }

    // MARK: Rows

    private static let heads = [
        "workload", "ours, events/s", "baseline, events/s", "ratio", "CPU ours", "CPU baseline", "CPU ratio", "Redis",
        "Postgres", "memory",
    ]

    private static func row(_ outcome: Outcome) -> [String] {
        func pair(_ value: (Measurement) -> Double) -> String {
            "\(milliseconds(outcome.ours(value).median)) / \(milliseconds(outcome.baseline(value).median))"
        }
        return [
            outcome.workload.name, spread(outcome.ours(\.rate), whole), spread(outcome.baseline(\.rate), whole),
            spread(outcome.ratio(\.rate)) { decimal($0, 2) }, milliseconds(outcome.ours(\.cpu).median),
            milliseconds(outcome.baseline(\.cpu).median), spread(outcome.ratio(\.cpu)) { decimal($0, 2) },
            pair(\.redisCPU), pair(\.postgresCPU),
            "\(mebibytes(outcome.ours(\.memory).most)) / \(mebibytes(outcome.baseline(\.memory).most))",
        ]
    }

    private static let latencyHeads = ["workload", "percentile", "ours, ms", "baseline, ms", "ratio"]

    private static func latencyRows(_ outcome: Outcome) -> [[String]] {
        ["p50", "p99", "p99.9"].enumerated().map { index, name in
            let value: (Measurement) -> Double = { $0.latency.indices.contains(index) ? $0.latency[index] : 0 }
            return [
                outcome.workload.name, name, spread(outcome.ours(value)) { decimal($0, 2) },
                spread(outcome.baseline(value)) { decimal($0, 2) }, spread(outcome.ratio(value)) { decimal($0, 2) },
            ]
        }
    }

    private static let idleHeads = ["workload", "ours", "baseline", "Redis", "Postgres", "memory"]

    private static func idleRow(_ outcome: Outcome) -> [String] {
        func pair(_ value: (Measurement) -> Double) -> String {
            "\(decimal(outcome.ours(value).median * 1000, 1)) / \(decimal(outcome.baseline(value).median * 1000, 1))"
        }
        return [
            outcome.workload.name, decimal(outcome.ours(\.cpu).median * 1000, 1),
            decimal(outcome.baseline(\.cpu).median * 1000, 1), pair(\.redisCPU), pair(\.postgresCPU),
            "\(mebibytes(outcome.ours(\.memory).most)) / \(mebibytes(outcome.baseline(\.memory).most))",
        ]
    }

    // MARK: Numbers

    private static func spread(_ spread: Spread, _ format: (Double) -> String) -> String { spread.text(format) }

    static func whole(_ value: Double) -> String {
        var digits = String(Int(value.rounded()))
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }

    static func decimal(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }
    private static func milliseconds(_ seconds: Double) -> String { decimal(seconds * 1000, 1) }
    private static func mebibytes(_ bytes: Double) -> String { decimal(bytes / 1_048_576, 0) }
}

/// A table in Markdown whose columns are aligned.
struct Table {
    let text: String

    init(_ heads: [String], _ rows: [[String]]) {
        let widths = heads.indices.map { column in ([heads] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            "| "
                + zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: " | ")
                + " |"
        }
        let rule = "| " + widths.map { String(repeating: "-", count: $0) }.joined(separator: " | ") + " |"
        text = ([line(heads), rule] + rows.map(line)).joined(separator: "\n")
    }
}
