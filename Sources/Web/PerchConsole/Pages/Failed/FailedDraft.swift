import FoundationEssentials
import HTTPKit
import PageKit
import Perch
import PerchOperating

/// Other data for a failed event, as somebody has typed it so far.
struct FailedDraft {
    let event: FailedEvent
    let group: GroupName
    let data: [UInt8]
    /// The verdict of the contract and what differs are shown.
    var isChecked = false
    /// The event is another one than when the draft was begun.
    var hasChanged = false

    init(_ event: FailedEvent, _ group: GroupName, data: [UInt8]) {
        (self.event, self.group, self.data) = (event, group, data)
    }

    private var name: String { "\(group)/\(event.id)" }
    private var delivery: Delivery { event.delivery }

    /// What is wrong with it; empty where it can be tried.
    func problems(_ visit: Visit) -> String {
        guard data.count <= Envelope.Limits.data else {
            return
                "The data has \(NumberText.count(data.count)) bytes, and \(NumberText.count(Envelope.Limits.data)) are allowed."
        }
        guard data.contains(where: { $0 > 0x20 }) else { return "There is no data." }
        guard let topic = visit.parts.connections.contract.topic(delivery.topic) else { return "" }
        do {
            try Publications.check(topic, correction: data, of: event)
            return ""
        } catch {
            return "\(error.reason.prefix(2000))."
        }
    }

    func page(_ visit: Visit) -> Page {
        let problem = isChecked ? problems(visit) : ""
        let action = Places.failed(group, number: event.id, "edit")
        let fields = [
            FormField(
                "data",
                "Data",
                .lines(rows: 12),
                value: String(decoding: data, as: UTF8.self),
                hint: "A JSON object, as it lies there. Numbers and strings are taken as they are written.",
                isRequired: true,
                error: problem.isEmpty ? nil : problem
            ),
            FormField("revision", "", .hidden, value: event.revision.rawValue),
        ]
        let isReady = isChecked && problem.isEmpty && !hasChanged
        let check = Form(
            action,
            token: visit.token(for: action),
            fields: fields,
            button: "Check",
            weight: isReady ? .secondary : .primary,
            back: Places.failed(group, number: event.id)
        )
        var parts: [any Component] = [
            Notice(
                "Only \(group) gets this.",
                "Other groups had the original. The data that was delivered is kept beside it.",
                .info
            )
        ]
        if hasChanged { parts += conflict(visit) }
        if isChecked { parts += verdict(problem, isReady, visit) }
        parts += [check, Section("What the contract says", [contractFields(visit)])]
        return visit.page(
            "Edit and retry \(name)",
            errors: ErrorSummary(of: fields),
            command: "perch failed retry \(name) --payload corrected.json --revision \(event.revision)",
            body: HTML(parts)
        )
    }

    private func conflict(_ visit: Visit) -> [any Component] {
        let now = EventData.laidOut(delivery.envelope.data)
        return [
            Notice(
                "\(name) has changed since you began.",
                """
                It was tried again, or somebody corrected it. Nothing was done. It is \(event.state.rawValue) now; its data and your \
                draft stand below. Check again to go on with your draft.
                """,
                .warning
            ), Section("As it is now", [Code("Data as it is now", now)]),
        ]
    }

    private func verdict(_ problem: String, _ isReady: Bool, _ visit: Visit) -> [any Component] {
        let old = EventData.laidOut(delivery.envelope.data)
        let diff = LineDiff.text(from: old, to: EventData.laidOut(data))
        let changes: any Component =
            diff.map { Code("What changes", $0, isCopied: false) } ?? Paragraph("Nothing changes.")
        var parts: [any Component] = [Section("What changes", [changes])]
        if problem.isEmpty {
            parts.append(Notice("It is as the contract says of \(delivery.type)/\(delivery.version).", .empty, .ok))
        }
        guard isReady else { return parts }
        let target = Places.failed(group, number: event.id, "correct")
        let form = Form(
            target,
            token: visit.token(for: target),
            id: UUID.v7().text,
            fields: [
                FormField("data", "", .hidden, value: Base64URL.encode(data), form: "c"),
                FormField("revision", "", .hidden, value: event.revision.rawValue, form: "c"),
            ],
            button: "Retry \(name) with this data in \(visit.parts.settings.context)"
        )
        return parts + [form]
    }

    private func contractFields(_ visit: Visit) -> any Component {
        let version = visit.parts.connections.contract.topic(delivery.topic)?.event(delivery.type)?.version(
            delivery.version
        )
        guard let version else {
            return Paragraph("It has no \(delivery.type)/\(delivery.version): whatever is typed is not checked.")
        }
        return DataTable(
            id: "fields",
            caption: "Fields",
            isCaptionHidden: true,
            columns: [.init("Field"), .init("Type"), .init("Must be there"), .init("What it is")],
            rows: version.fields.map { field in
                [
                    .init(.text(field.name)), .init(.text("\(field.type)")), .init(field.isRequired ? "yes" : "no"),
                    .init(field.description.isEmpty ? .none : .text(field.description)),
                ]
            }
        )
    }
}
