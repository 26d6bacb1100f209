import OperatorSettings
import Perch
import PerchDocuments

/// What `perch check` found, for people and as JSON.
struct CheckReport {
    var streams: String?
    var origin: LocatedContract.Origin?
    /// What it was compared with; nil if with nothing.
    var against: String?
    var topics = 0
    var events = 0
    var problems: [ContractProblem] = []
    var incompatibilities: [Incompatibility] = []
    var cautions: [Incompatibility] = []
    var notes: [String] = []

    /// One finding a line, then the sum.
    var text: Shown {
        var lines: [Shown] = problems.map { "error: \($0)" }
        lines += incompatibilities.map { "incompatible: \($0.sentence)" }
        lines += cautions.map { "caution: \($0.sentence)" }
        lines += notes.map { "note: \($0)" }
        let folder = "\(streams ?? "")\(origin.map { " (\($0.words))" } ?? "")"
        let contract = "\(count(topics, "topic")), \(count(events, "event")) in \(folder)"
        if !problems.isEmpty {
            lines.append("\(count(problems.count, "problem")) in \(folder). Nothing was compared.")
        } else if let against, !incompatibilities.isEmpty {
            lines.append("\(contract): \(count(incompatibilities.count, "change")) that cannot replace \(against).")
        } else if let against {
            lines.append("\(contract): sound, and compatible with \(against).")
        } else {
            lines.append("\(contract): sound.")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    func json() throws -> Shown {
        let document = Document(
            streams: streams,
            streamsFrom: origin?.rawValue,
            against: against,
            topics: topics,
            events: events,
            problems: problems.map {
                Problem(file: $0.file, line: $0.line, column: $0.column, path: $0.path, message: $0.message)
            },
            incompatibilities: incompatibilities.map(Finding.init),
            cautions: cautions.map(Finding.init),
            notes: notes
        )
        return try JSONOutput.shown(document)
    }

    private struct Document: Encodable {
        let streams, streamsFrom, against: String?
        let topics, events: Int
        let problems: [Problem]
        let incompatibilities, cautions: [Finding]
        let notes: [String]
    }

    private struct Problem: Encodable {
        let file: String
        let line, column: Int?
        let path, message: String
    }

    private struct Finding: Encodable {
        let code, topic, path, message: String

        init(_ finding: Incompatibility) {
            (code, topic) = (finding.code.rawValue, finding.topic.rawValue)
            (path, message) = (finding.path, finding.messageWithAdvice)
        }
    }
}
