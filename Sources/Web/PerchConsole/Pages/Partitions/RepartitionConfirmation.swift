import PageKit
import Perch
import PerchOperating
import Times

/// What a change of partitions would do, and the one button that does it; or why there is none.
struct RepartitionConfirmation {
    let plan: RepartitionPlan
    let topic: TopicContract
    let visit: Visit
    /// It was confirmed for a plan that no longer holds.
    var isAnew = false

    /// What was confirmed, for the form: the number that the topic had, and whether it was held.
    var mark: String { "\(plan.before) \(plan.heldSince == nil ? "free" : "held")" }

    var page: Page {
        let notices =
            isAnew ? [Notice("It has changed since you looked", "Nothing was done. This is how it is now.")] : []
        let heading = plan.before == plan.after ? "Let \(topic.name) go" : "Partitions of \(topic.name)"
        if let reason = refusal {
            return visit.page(heading, notices: notices, body: HTML([facts, groups]) + HTML(noted) + reason)
        }
        let action = Places.partitions(of: topic.name)
        let form = Form(
            action,
            token: visit.token(for: action),
            id: Visit.newForm(),
            fields: [
                FormField("to", "", .hidden, value: "\(plan.after)"), FormField("mark", "", .hidden, value: mark),
            ],
            button: button,
            back: Places.topic(topic.name)
        )
        return visit.confirmPage(
            heading,
            notices: notices,
            ConfirmPage(
                sentence,
                facts: HTML([facts, groups]),
                consequences: consequences + plan.notes.map { HTML("Note: \($0).") },
                form: form,
                command: "perch partitions \(topic.name) --to \(plan.after)"
            )
        )
    }

    private var partitions: String { Counted.text(plan.after, "partition") }

    private var button: String {
        let place = visit.parts.settings.context
        if plan.before == plan.after { return "Let \(topic.name) go in \(place)" }
        return "Hold \(topic.name) and give it \(partitions) in \(place)"
    }

    private var sentence: HTML {
        if plan.before == plan.after { return "Let \(topic.name) go, with the \(partitions) that it has?" }
        return "Hold \(topic.name), and give it \(partitions)?"
    }

    private var consequences: [HTML] {
        if plan.before == plan.after {
            return ["What waits in the outbox gets its places, and its groups are told of the partitions."]
        }
        return [
            """
            What is published waits in the outbox until the groups have finished all that was given to them, for five minutes at the \
            most: then the hold is taken back.
            """, "While the number is set, publishers wait for two seconds at the most. The order of each key is kept.",
            "Until then it can be stopped, which takes the hold back.",
        ]
    }

    /// Why it cannot be done from here, and what can.
    private var refusal: HTML? {
        if let hindrance = plan.hindrance, plan.heldSince == nil {
            return Notice("It would be refused now", "\(hindrance.reason). \(AdviceHelp(hindrance.advice))").html
        }
        guard visit.parts.settings.owners[topic.owner] == nil else { return nil }
        let command = "perch partitions \(topic.name) --to \(plan.after) --database \(topic.owner)=URL"
        return HTML([
            Paragraph(
                """
                It takes the role that owns the schema perch of \(topic.owner), which this console does not have: its context names none \
                in owners. In a terminal:
                """
            ), Paragraph(Copied(command: command).html),
        ])
    }

    private var noted: [any Component] { plan.notes.map { Paragraph("Note: \($0).") } }

    private var facts: Facts {
        let held: CellValue = plan.heldSince.map { .component(TimeText($0, visit.clock, isExact: true)) } ?? .none
        return Facts([
            ("Partitions", .text("\(plan.before) → \(plan.after)")), ("Held since", held),
            ("Wait in the outbox", .count(plan.waiting)),
        ])
    }

    private var groups: DataTable {
        DataTable(
            id: "groups",
            caption: "Its groups",
            columns: [
                .init("Group"), .init("To read", unit: "#", isNumber: true), .init("Failed", isNumber: true),
                .init("Held", isNumber: true), .init("Dead", isNumber: true), .init("In the way"),
            ],
            rows: plan.groups.map(Self.row),
            empty: "No group has to finish anything."
        )
    }

    private static func row(_ group: RepartitionReadiness) -> [DataTable.Cell] {
        let inTheWay: CellValue =
            group.hindrance.map { .text($0.reason) }
            ?? (group.isFinished ? "nothing: it has finished" : "nothing: it goes on")
        return [
            .init(.component(Link(HTML(group.group.rawValue), to: Places.group(group.group)))),
            .init(.count(group.behind)), .init(.count(group.failed)), .init(.count(group.held)),
            .init(.count(group.dead)), .init(inTheWay),
        ]
    }
}
