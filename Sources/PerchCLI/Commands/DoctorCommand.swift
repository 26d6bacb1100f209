import ArgumentParser
import Foundation
import Perch

/// `perch doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at servers, settings, schemas, streams and groups, and say what to do about what is wrong.",
        usage: "perch doctor [--all] [<options>]",
        discussion: Help.flowing(
            """
            It looks at the eviction policy and persistence of Redis, versions, clocks, rights, migrations that were not
            run, holes in streams, events that wait or were refused, foreign entries, groups that nobody runs, that are far
            behind or stand where the log has no entry, and dead letters.
            It changes nothing.

            EXAMPLES
              perch doctor
              perch doctor --all
              perch doctor --json | jq '.findings[] | select(.severity == "problem")'

            EXIT CODES  0 no problem (warnings are none) · 1 a problem, also a server that is away
                        2 the contract or the settings could not be read · 64 wrong usage
            """
        )
    )

    @Flag(help: "List what is fine too.") var all = false
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        try await Console.run {
            let findings = try await SystemReader(try connections.system()).diagnose()
            if json {
                Console.out(try JSONOutput.text(DoctorDocument(findings)) + "\n")
            } else {
                Console.out(DoctorText.text(findings, all: all, .current()))
            }
            if findings.contains(where: { $0.severity == .problem }) { throw Console.trouble }
        }
    }
}

/// Findings for people.
enum DoctorText {
    static func text(_ findings: [Diagnosis], all: Bool, _ screen: Screen) -> String {
        let order: [Diagnosis.Severity] = all ? [.problem, .warning, .fine] : [.problem, .warning]
        let shown = order.flatMap { severity in findings.filter { $0.severity == severity } }
        let width = min(shown.map(\.subject.count).max() ?? 0, 24)
        var text = ""
        for finding in shown {
            let tint: Tint = finding.severity == .problem ? .bad : finding.severity == .warning ? .warning : .good
            let mark = finding.severity.rawValue.padding(toLength: 7, withPad: " ", startingAt: 0)
            let subject = finding.subject.padding(
                toLength: max(width, finding.subject.count),
                withPad: " ",
                startingAt: 0
            )
            let words = FindingWords(finding)
            text += wrapped(Format.line(words.message), "\(mark)  \(subject)  ", screen).replacing(
                mark,
                with: screen.tinted(mark, tint),
                maxReplacements: 1
            )
            if !words.advice.isEmpty {
                text += wrapped(words.advice, String(repeating: " ", count: 9 + width) + "  → ", screen)
            }
        }
        func count(_ severity: Diagnosis.Severity) -> Int { findings.count { $0.severity == severity } }
        text += "\(Format.plural(count(.problem), "problem")), \(Format.plural(count(.warning), "warning")), "
        return text + "\(count(.fine)) fine.\n"
    }

    /// Lines of at most the screen's width, all but the first indented as the text of the first.
    private static func wrapped(_ text: String, _ head: String, _ screen: Screen) -> String {
        let room = screen.width.map { max(20, $0 - head.count) } ?? .max
        var lines = [""]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            if !last.isEmpty, last.count + 1 + word.count > room {
                lines.append(String(word))
            } else {
                lines[lines.count - 1] = last.isEmpty ? String(word) : "\(last) \(word)"
            }
        }
        let indent = String(repeating: " ", count: head.count)
        return lines.enumerated().map { ($0 == 0 ? head : indent) + $1 + "\n" }.joined()
    }
}

/// Findings as JSON.
struct DoctorDocument: Encodable {
    let findings: [Entry]

    struct Entry: Encodable {
        let severity, subject, message, advice: String
        let code: String?
        let facts: [String: String]?
    }

    init(_ findings: [Diagnosis]) {
        self.findings = findings.map {
            let words = FindingWords($0)
            return Entry(
                severity: $0.severity.rawValue,
                subject: $0.subject,
                message: words.message,
                advice: words.advice,
                code: $0.code?.rawValue,
                facts: $0.code == nil ? nil : $0.facts
            )
        }
    }
}
