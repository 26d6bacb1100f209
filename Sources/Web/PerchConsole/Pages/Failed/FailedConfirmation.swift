import FoundationEssentials
import PageKit
import Perch
import PerchOperating
import Times

/// The page that asks before many failed events are retried or discarded.
struct FailedConfirmation {
    let run: FailedDryRun
    let visit: Visit
    /// Of the operation that it would start.
    var id = UUID.v7()
    var reason = ""
    var number = ""
    var reasonError: String?
    var numberError: String?
    /// What was confirmed before holds no longer.
    var isAnew = false

    private var action: FailedAction { run.action }
    private var context: String { visit.parts.settings.context }
    private var events: String { Counted.text(run.count, "event") }
    private var groups: String {
        let names = run.parts.map(\.group.rawValue)
        return names.count > 1
            ? "\(names.dropLast().joined(separator: ", ")) and \(names.last ?? "")" : names.first ?? ""
    }

    var page: Page {
        var notices = visit.notices(of: run.problems, rest: "Nothing of it is touched.")
        if isAnew {
            notices.append(
                Notice("It is another by now.", "Nothing was done. This is how it is at the moment: look again.")
            )
        }
        guard run.count > 0 else {
            return visit.page("\(action.verb) events", notices: notices, body: nothing)
        }
        let fields = fields
        return visit.confirmPage(
            "\(action.verb) \(events)?",
            errors: ErrorSummary(of: fields),
            notices: notices,
            ConfirmPage(
                "\(sentence)",
                facts: HTML([table, errors]),
                consequences: consequences,
                form: Form(
                    action.target,
                    token: visit.token(for: action.target),
                    id: id.text,
                    fields: fields,
                    button: "\(action.verb) \(events) in \(context)",
                    weight: action == .retry ? .primary : .danger,
                    back: run.query.target("failed")
                ),
                command: command
            )
        )
    }

    private var nothing: HTML {
        let words: HTML =
            run.held > 0
            ? """
            There is nothing to retry: \(Counted.text(run.held, "event")) of these wait behind an earlier one of their key, and \
            follow it by themselves.
            """
            : "There is nothing to \(action.rawValue): no failed event is so, or no longer."
        return Paragraph("\(words) \(Link("To the list", to: run.query.target("failed")))").html
    }

    private var sentence: String {
        switch action {
        case .retry: "Retry \(FailedWords.sum(run.counts)) of \(groups)?"
        case .discard: "Discard \(FailedWords.sum(run.counts)) of \(groups) for good?"
        }
    }

    private var consequences: [HTML] {
        let others = Counted.text(run.behind, "held event")
        var words: [HTML]
        switch action {
        case .retry:
            words = ["They are due at once; dead letters begin anew with all their attempts."]
            if run.behind > 0 {
                words.append("\(others) behind them \(run.behind == 1 ? "follows" : "follow") by themselves.")
            }
        case .discard:
            words = ["They never take effect in \(groups). The record keeps their data."]
            if run.behind > 0 { words.append("\(others) behind them \(run.behind == 1 ? "goes" : "go") on.") }
        }
        words.append("What fails from now on is not touched.")
        return words
    }

    private var table: DataTable {
        let hasHeld = action == .discard
        return DataTable(
            id: "chosen",
            caption: "What is chosen",
            columns: [
                .init("Group"), .init("Dead", unit: "#", isNumber: true), .init("Failed", unit: "#", isNumber: true),
            ] + (hasHeld ? [.init("Held", unit: "#", isNumber: true)] : []) + [
                .init("Held behind", unit: "#", isNumber: true), .init("Up to"),
            ],
            rows: run.parts.map { part in
                [
                    .init(.text(part.group.rawValue)), .init(.count(part.counts[.dead] ?? 0)),
                    .init(.count(part.counts[.failed] ?? 0)),
                ] + (hasHeld ? [.init(.count(part.counts[.held] ?? 0))] : []) + [
                    .init(.count(part.behind)), .init(.text("\(part.group)/\(part.mark.id)")),
                ]
            }
        )
    }

    private var errors: HTML {
        let found = run.parts.flatMap { part in part.errors.map { (part.group, $0) } }
            .sorted { $0.1.counts.values.reduce(0, +) > $1.1.counts.values.reduce(0, +) }.prefix(5)
        guard !found.isEmpty else { return .empty }
        return DataTable(
            id: "errors",
            caption: "Their commonest errors",
            columns: [.init("Error"), .init("Events", unit: "#", isNumber: true), .init("Group")],
            rows: found.map { group, pattern in
                [
                    .init(.text(pattern.text)), .init(.count(pattern.counts.values.reduce(0, +))),
                    .init(.text(group.rawValue)),
                ]
            }
        ).html
    }

    private var fields: [FormField] {
        let chosen = run.query.values.compactMap { name, value in value.map { (name, $0) } }
        var fields = chosen.map { FormField($0.0, "", .hidden, value: $0.1) }
        for part in run.parts {
            fields.append(FormField("upto", "", .hidden, value: part.bound))
            fields += part.sizes.map { FormField("count", "", .hidden, value: $0) }
        }
        guard action == .discard else { return fields }
        fields.append(
            FormField(
                "reason",
                "Reason",
                value: reason,
                hint: "For the record, and for who asks later.",
                longest: 500,
                isRequired: true,
                error: reasonError
            )
        )
        if run.count > 1 {
            fields.append(
                FormField(
                    "number",
                    "How many events are discarded?",
                    .number,
                    value: number,
                    hint: "Type \(run.count).",
                    longest: 20,
                    isRequired: true,
                    error: numberError
                )
            )
        }
        return fields
    }

    private var command: String {
        let bounds = run.query.ids.isEmpty ? run.parts.map { "--up-to \($0.group)/\($0.mark)" } : []
        let reason = action == .discard ? ["--reason '…'"] : []
        return (["perch failed \(action.rawValue)"] + run.query.options + bounds + reason).joined(separator: " ")
    }
}
