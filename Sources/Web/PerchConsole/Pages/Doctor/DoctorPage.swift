import Foundation
import PageKit
import PerchDocuments
import PerchOperating
import Times

/// `/doctor`: what is wrong, and what do I do?
enum DoctorPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/doctor") { visit in
            let snapshot = await visit.parts.sampler.current()
            var answer = Answer(
                visit.page("Doctor", of: snapshot, isLive: false, command: "perch doctor", body: body(snapshot, visit))
            )
            if let findings = snapshot.diagnosis?.findings { answer.document = { try document(findings, visit) } }
            return answer
        }
        // It changes nothing, so who may look may ask for a look.
        routes.form("/doctor/look", .look) { visit, _ in
            await visit.parts.sampler.diagnoseAgain()
            return .done("/doctor")
        }
    }

    private static func document(_ findings: [Diagnosis], _ visit: Visit) throws -> String {
        let source = visit.parts.settings.contractSource
        let shown = findings.map { visit.shown($0) }
        return try JSONOutput.text(
            DoctorDocument(shown, ContractDocument(folder: source.folder, from: source.from)) { finding in
                let help = FindingHelp(finding)
                return FindingWords(subject: help.subject, message: help.message, advice: help.advice.text)
            }
        )
    }

    private static func body(_ snapshot: SystemSnapshot, _ visit: Visit) -> HTML {
        let action: LinkTarget = "/doctor/look"
        let again = Form(action, token: visit.token(for: action), button: "Look now", weight: .secondary)
        guard let diagnosis = snapshot.diagnosis else {
            let words = Paragraph(
                "Nobody has looked since this console was started. It looks now: load the page again."
            )
            return HTML([words, again])
        }
        let when: HTML = "Looked \(TimeText(diagnosis.time, visit.clock))."
        var parts: [any Component] = [Paragraph(when), again]
        let problems = diagnosis.findings.filter { $0.severity == .problem }
        let warnings = diagnosis.findings.filter { $0.severity == .warning }
        let fine = diagnosis.findings.filter { ![.problem, .warning].contains($0.severity) }
        if problems.isEmpty, warnings.isEmpty, !fine.isEmpty { parts.append(Paragraph("Nothing is wrong.")) }
        if !problems.isEmpty { parts.append(Section("Problems", [table(problems, "problems", .danger, visit)])) }
        if !warnings.isEmpty { parts.append(Section("Warnings", [table(warnings, "warnings", .warning, visit)])) }
        if !fine.isEmpty {
            parts.append(
                Disclosure("\(NumberText.count(fine.count)) as they should be", table(fine, "fine", .ok, visit).html)
            )
        }
        return HTML(parts)
    }

    private static func table(
        _ findings: [Diagnosis],
        _ id: String,
        _ kind: Badge.Kind,
        _ visit: Visit
    ) -> DataTable {
        DataTable(
            id: id,
            caption: id.capitalized,
            isCaptionHidden: true,
            columns: [.init("Subject"), .init("Is"), .init("Found"), .init("Do this")],
            rows: findings.map { diagnosis in
                let help = visit.help(on: diagnosis.finding)
                return [
                    .init(.text(help.subject)), .init(.component(Badge(words(diagnosis.severity), kind))),
                    .init(.text(help.message)), .init(help.advice.isEmpty ? .none : .html(help.advice)),
                ]
            }
        )
    }

    private static func words(_ severity: Diagnosis.Severity) -> String {
        severity == .fine ? "fine" : severity.rawValue
    }
}
