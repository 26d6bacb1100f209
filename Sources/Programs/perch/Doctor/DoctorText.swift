import OperatorSettings
import Perch
import PerchOperating

/// Findings for people.
enum DoctorText {
    static func text(_ findings: [Diagnosis], _ contract: LocatedContract, all: Bool, _ screen: Screen) -> Shown {
        let order: [Diagnosis.Severity] = all ? [.problem, .warning, .fine] : [.problem, .warning]
        let shown = order.flatMap { severity in findings.filter { $0.severity == severity } }
            .map { (severity: $0.severity, text: FindingText($0.finding)) }
        let width = min(shown.map { Shown($0.text.subject).count }.max() ?? 0, 24)
        var text: Shown = ""
        for (severity, finding) in shown {
            let tint: Tint = severity == .problem ? .bad : severity == .warning ? .warning : .good
            let mark = Shown(severity.rawValue).padded(to: 7)
            let subject = Shown(finding.subject).padded(to: width)
            text += wrapped(
                Shown(finding.message),
                "\(screen.tinted(mark, tint))  \(subject)  ",
                indent: 11 + subject.count,
                screen
            )
            if !finding.advice.isEmpty {
                let head = Shown("").padded(to: 9 + width) + "  → "
                text += wrapped(Shown(finding.advice), head, indent: head.count, screen)
            }
        }
        func count(_ severity: Diagnosis.Severity) -> Int { findings.count { $0.severity == severity } }
        text += "\(Format.plural(count(.problem), "problem")), \(Format.plural(count(.warning), "warning")), "
        return text + "\(count(.fine)) fine, by the contract \(contract.folder) (\(contract.origin.words)).\n"
    }

    /// Lines of at most the screen's width, all but the first indented as the text of the first.
    private static func wrapped(_ text: Shown, _ head: Shown, indent: Int, _ screen: Screen) -> Shown {
        let room = screen.width.map { max(20, $0 - indent) } ?? .max
        var lines: [Shown] = [""]
        for word in text.words {
            let last = lines[lines.count - 1]
            if !last.isEmpty, last.count + 1 + word.count > room {
                lines.append(word)
            } else {
                lines[lines.count - 1] = last.isEmpty ? word : "\(last) \(word)"
            }
        }
        let margin = Shown("").padded(to: indent)
        return lines.enumerated().map { place, line -> Shown in "\(place == 0 ? head : margin)\(line)\n" }.joined()
    }
}
