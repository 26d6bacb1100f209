import HTTPTypes
import PageKit
import Perch
import PerchOperating
import Times

/// `/partitions/{topic}`: what would it take to give a topic another number of partitions? The change itself is made by the command.
enum PartitionsPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/partitions/{topic}", .changePartitions, fields: ["to"]) { visit in
            let topic = try visit.topic()
            let text = visit.query["to"] ?? ""
            guard !text.isEmpty else { return Answer(page(topic, field(text, nil), .empty, visit)) }
            guard let number = Int(text), (1...1_000_000).contains(number) else {
                let field = field(text, "Write a number: 8")
                return Answer(
                    page(topic, field, .empty, visit, errors: ErrorSummary(of: [field])),
                    status: .unprocessableContent
                )
            }
            let plan = try await visit.parts.readers.ask { try await PartitionChanges($0).plan(topic.name, to: number) }
            return Answer(page(topic, field(text, nil), shown(plan, topic, visit), visit))
        }
    }

    private static func field(_ text: String, _ error: String?) -> FormField {
        FormField("to", "How many it is to have", .number, value: text, isRequired: true, error: error)
    }

    private static func page(
        _ topic: TopicContract,
        _ field: FormField,
        _ plan: HTML,
        _ visit: Visit,
        errors: ErrorSummary? = nil
    ) -> Page {
        let words = Paragraph(
            "By the contract \(topic.name) has \(Counted.text(topic.partitions, "partition"))."
        )
        let ask = Form(
            asking: LinkTarget(["partitions", topic.name.rawValue]) ?? "/topics",
            fields: [field],
            button: "See the plan"
        )
        return visit.page("Partitions of \(topic.name)", errors: errors, body: HTML([words, ask, plan]))
    }

    private static func shown(_ plan: RepartitionPlan, _ topic: TopicContract, _ visit: Visit) -> HTML {
        guard !plan.isDone else {
            return Paragraph("Nothing to do: it has \(Counted.text(plan.after, "partition")).").html
        }
        let held: CellValue = plan.heldSince.map { .component(TimeText($0, visit.clock, isExact: true)) } ?? .none
        let groups = DataTable(
            id: "groups",
            caption: "Its groups",
            columns: [
                .init("Group"), .init("To read", unit: "#", isNumber: true), .init("Failed", isNumber: true),
                .init("Held", isNumber: true), .init("Dead", isNumber: true), .init("In the way"),
            ],
            rows: plan.groups.map(row),
            empty: "No group has to finish anything."
        )
        var parts: [any Component] = [
            Facts([
                ("Partitions", .text("\(plan.before) → \(plan.after)")), ("Held since", held),
                ("Wait in the outbox", .count(plan.waiting)),
            ]),
            groups,
        ]
        parts += plan.notes.map { Paragraph("Note: \($0).") }
        if let hindrance = plan.hindrance, plan.heldSince == nil {
            parts.append(
                Notice(
                    "It would be refused now",
                    "\(hindrance.reason). \(AdviceHelp(hindrance.advice))"
                )
            )
        }
        parts.append(
            Paragraph(
                """
                While it changes, publishers wait for two seconds at the most; what they publish waits in the outbox until the groups have \
                finished all that was given to them. It takes the role that owns the schema perch of \(topic.owner), which this \
                console does not have. In a terminal:
                """
            )
        )
        parts.append(
            Paragraph(
                Copied(command: "perch partitions \(topic.name) --to \(plan.after) --database \(topic.owner)=URL").html
            )
        )
        return Section("Plan", parts).html
    }

    private static func row(_ group: RepartitionReadiness) -> [DataTable.Cell] {
        let name = group.group.rawValue
        let inTheWay: CellValue =
            group.hindrance.map { .text($0.reason) }
            ?? (group.isFinished ? "nothing: it has finished" : "nothing: it goes on")
        return [
            .init(.component(Link(HTML(name), to: Places.group(GroupName(rawValue: name))))),
            .init(.count(group.behind)), .init(.count(group.failed)), .init(.count(group.held)),
            .init(.count(group.dead)), .init(inTheWay),
        ]
    }
}
