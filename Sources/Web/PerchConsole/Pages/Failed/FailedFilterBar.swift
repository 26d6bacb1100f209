import PageKit
import Perch
import PerchOperating

/// The fields over the list, and the tabs with how many there are of each state.
struct FailedFilterBar {
    let query: FailedQuery
    let visit: Visit

    var bar: FilterBar {
        let groups =
            [FormField.Choice("", "All")] + visit.parts.connections.groups.map { .init($0.rawValue, $0.rawValue) }
        let topics =
            [FormField.Choice("", "All")]
            + visit.parts.connections.contract.topics.map { .init($0.name.rawValue, $0.name.rawValue) }
        func value(_ name: String) -> String { visit.query[name] ?? "" }
        var fields = [
            FormField("group", "Group", .select(groups), value: value("group")),
            FormField("topic", "Topic", .select(topics), value: value("topic")),
            FormField("type", "Type", .search, value: value("type")),
            FormField("key", "Key", .search, value: value("key")),
        ]
        if visit.may(.seeData) { fields.append(FormField("error", "Error contains", .search, value: value("error"))) }
        fields += [
            FormField("older", "Failed at least so long ago", .search, value: value("older"), hint: "90s, 15m, 2h, 7d"),
            FormField("newer", "Failed at most so long ago", .search, value: value("newer"), hint: "90s, 15m, 2h, 7d"),
            FormField(
                "order",
                "Order",
                .select([.init("newest", "Newest first"), .init("oldest", "Oldest first")]),
                value: value("order")
            ),
        ]
        for name in ["state", "partition", "pattern"] where !value(name).isEmpty {
            fields.append(FormField(name, "", .hidden, value: value(name)))
        }
        // The tabs say the state.
        let conditions = query.words.filter { $0.field != "state" }
        return FilterBar(
            "Failed events",
            "/failed",
            fields: fields,
            conditions: conditions.map { .init("\($0.name): \($0.value)", without: without($0.field)) }
        )
    }

    /// - Parameter isWhole: All databases have told: else the numbers are not known.
    func tabs(_ counts: [FailedEvent.State: Int], isWhole: Bool) -> HTML {
        func tab(_ name: String, _ state: FailedEvent.State?) -> Tabs.Tab {
            let count = state.map { counts[$0] ?? 0 } ?? counts.values.reduce(0, +)
            var chosen = query
            chosen.state = state
            let order = visit.query["order"]
            return .init(
                isWhole ? name : "\(name) ?",
                count: isWhole ? count : nil,
                to: LinkTarget(["failed"], query: chosen.values + [("order", order)]) ?? "/failed",
                isCurrent: query.state == state
            )
        }
        let tabs = Tabs("State", [tab("All", nil), tab("Dead", .dead), tab("Failed", .failed), tab("Held", .held)])
        let errors = LinkTarget(["failed", "errors"], query: [("group", query.group?.rawValue)]) ?? "/failed/errors"
        return HTML([tabs, Paragraph(meaning), Paragraph(Link("The same by error", to: errors).html)])
    }

    private var meaning: HTML {
        switch query.state {
        case nil: "What a handler failed at, and what waits behind it."
        case .dead: "Dead letters wait for somebody: nothing of their key goes on before they are retried or discarded."
        case .failed: "Failed events are tried again by themselves; the later ones of their keys wait."
        case .held: "Held events wait behind an earlier one of their key, and follow it by themselves."
        }
    }

    private func without(_ field: String) -> LinkTarget {
        LinkTarget(["failed"], query: query.values.filter { $0.0 != field } + [("order", visit.query["order"])])
            ?? "/failed"
    }
}
