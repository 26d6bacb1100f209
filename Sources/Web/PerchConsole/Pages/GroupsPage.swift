import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/groups`: who is behind, by how much, is it getting better?
enum GroupsPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/groups", fields: ["group", "topic", "state", "sort"]) { visit in
            let snapshot = await visit.parts.sampler.current()
            return Answer(
                visit.page("Groups", of: snapshot, command: "perch groups", body: body(snapshot, visit))
            ) { try visit.parts.document(of: snapshot.groups) }
        }
    }

    @Sendable static func addLive(_ snapshot: SystemSnapshot, _ values: inout [LiveKey: String]) {
        let rows = snapshot.groupRows
        let highest = highestLag(rows, snapshot)
        for row in rows {
            for (column, figure) in figures(row, snapshot) { values.set(key(row, column.name), figure) }
            values[LiveKey(key(row, "state"))] = row.state(in: snapshot).text
            values[LiveKey(key(row, "line"))] = Sparkline.path(of: lags(row, snapshot), highest: highest)
        }
    }

    private static func key(_ row: GroupLine, _ name: String) -> String { "groups/\(row.group)/\(row.topic)/\(name)" }

    // MARK: Rows

    /// A column of figures, by which the table can be sorted.
    private struct Column: Sendable {
        let name: String
        let title: String
        var unit: String?
        let value: @Sendable (GroupLine) -> Double?
    }

    private static let columns: [Column] = [
        Column(name: "oldest", title: "Oldest", unit: "s") { $0.oldestSeconds },
        Column(name: "lag", title: "Lag", unit: "#") { $0.lag.map(Double.init) },
        Column(name: "rate", title: "Rate", unit: "#/s") { _ in nil },
        Column(name: "pending", title: "Pending", unit: "#") { $0.pending.map(Double.init) },
        Column(name: "failed", title: "Failed") { $0.failed.map(Double.init) },
        Column(name: "held", title: "Held") { $0.held.map(Double.init) },
        Column(name: "dead", title: "Dead") { $0.dead.map(Double.init) },
        Column(name: "workers", title: "Workers") { $0.liveWorkers.map(Double.init) },
    ]

    private static func figures(_ row: GroupLine, _ snapshot: SystemSnapshot) -> [(Column, Figure)] {
        columns.map { column in
            switch column.name {
            case let name where row.hasNeverRun && ["oldest", "lag", "rate", "pending"].contains(name): (column, .none)
            case "oldest": (column, .seconds(row.oldestSeconds))
            case "rate": (column, .rate(rate(row, snapshot)))
            default: (column, .count(column.value(row)))
            }
        }
    }

    private static func rate(_ row: GroupLine, _ snapshot: SystemSnapshot) -> Double? {
        snapshot.history[.effects(row.group, row.topic)].rate(over: .seconds(60), until: snapshot.time)
    }

    private static func lags(_ row: GroupLine, _ snapshot: SystemSnapshot) -> [Double?] {
        snapshot.history[.lag(row.group, row.topic)].points(until: snapshot.time)
    }

    /// All lines of the page have one scale, so that they can be compared.
    private static func highestLag(_ rows: [GroupLine], _ snapshot: SystemSnapshot) -> Double {
        rows.flatMap { lags($0, snapshot) }.compactMap(\.self).max() ?? 0
    }

    private static func matching(_ rows: [GroupLine], _ snapshot: SystemSnapshot, _ visit: Visit) -> [GroupLine] {
        func matches(_ name: String, _ value: String) -> Bool {
            let wanted = visit.query[name] ?? ""
            return wanted.isEmpty || wanted == value
        }
        return rows.filter { row in
            matches("group", row.group.rawValue) && matches("topic", row.topic.rawValue)
                && matches("state", row.state(in: snapshot).word)
        }
    }

    /// By the column that the address names, the largest first unless it says `-`; what is not known counts as the largest.
    private static func sorted(_ rows: [GroupLine], _ snapshot: SystemSnapshot, _ visit: Visit) -> [GroupLine] {
        guard let sort = visit.query["sort"],
            let column = columns.first(where: { sort == $0.name || sort == "-" + $0.name })
        else { return rows }
        func value(_ row: GroupLine) -> Double {
            (column.name == "rate" ? rate(row, snapshot) : column.value(row)) ?? .infinity
        }
        let isAscending = sort.hasPrefix("-")
        return rows.enumerated().sorted { left, right in
            let (a, b) = (value(left.element), value(right.element))
            return a == b ? left.offset < right.offset : (a < b) == isAscending
        }.map(\.element)
    }

    // MARK: The page

    private static func body(_ snapshot: SystemSnapshot, _ visit: Visit) -> HTML {
        let all = snapshot.groupRows
        let highest = highestLag(all, snapshot)
        let rows = sorted(matching(all, snapshot, visit), snapshot, visit)
        let heads = columns.map { column in
            DataTable.Column(column.title, unit: column.unit, isNumber: true, sort: sort(column, visit))
        }
        let table = DataTable(
            id: "groups",
            caption: "Groups",
            isCaptionHidden: true,
            columns: [.init("Group"), .init("Topic"), .init("State")] + heads.prefix(2) + [.init("Lag 30 min")]
                + heads.dropFirst(2),
            rows: rows.map { row in
                let cells = figures(row, snapshot).map { column, figure in
                    DataTable.Cell(figure.cell, live: LiveKey(key(row, column.name)))
                }
                return names(row, snapshot, visit) + cells.prefix(2)
                    + [.init(.component(line(row, snapshot, highest: highest)))] + cells.dropFirst(2)
            },
            empty: all.isEmpty
                ? "No topic of the contract names a group that reads it."
                : "No group matches. \(Link("Show all", to: "/groups"))"
        )
        let isFromLog = rows.contains { $0.partitions.contains(where: \.isLagFromLog) }
        let note: HTML =
            isFromLog ? Paragraph("Lag is by the owners' databases, since Redis does not tell.").html : .empty
        return filter(all, visit).html + table.html + note
    }

    private static func names(_ row: GroupLine, _ snapshot: SystemSnapshot, _ visit: Visit) -> [DataTable.Cell] {
        let state = row.state(in: snapshot)
        // A badge that is kept fresh keeps its tint: only one that stays as it is may have one.
        let badge = visit.isLive ? Badge(state.text, live: LiveKey(key(row, "state"))) : Badge(state.text, state.kind)
        return [
            .init(.component(Link(HTML(row.group.rawValue), to: Places.group(row.group)))),
            .init(.component(Link(HTML(row.topic.rawValue), to: Places.topic(row.topic)))), .init(.component(badge)),
        ]
    }

    private static func line(_ row: GroupLine, _ snapshot: SystemSnapshot, highest: Double) -> Sparkline {
        Sparkline(
            "Lag of \(row.group) in \(row.topic), last 30 minutes, now \(Figure.count(row.lag).text)",
            lags(row, snapshot),
            highest: highest,
            live: LiveKey(key(row, "line"))
        )
    }

    private static func sort(_ column: Column, _ visit: Visit) -> DataTable.Sort {
        switch visit.query["sort"] {
        case column.name: .init(.descending, to: visit.address(setting: "sort", to: "-" + column.name))
        case "-" + column.name: .init(.ascending, to: visit.address(setting: "sort", to: nil))
        default: .init(nil, to: visit.address(setting: "sort", to: column.name))
        }
    }

    private static func filter(_ rows: [GroupLine], _ visit: Visit) -> FilterBar {
        func select(_ name: String, _ label: String, _ values: [String]) -> FormField {
            FormField(
                name,
                label,
                .select([.init("", "All")] + values.map { .init($0, $0) }),
                value: visit.query[name] ?? ""
            )
        }
        return FilterBar(
            "Groups",
            "/groups",
            fields: [
                select("group", "Group", Set(rows.map(\.group.rawValue)).sorted()),
                select("topic", "Topic", Set(rows.map(\.topic.rawValue)).sorted()),
                select("state", "State", GroupState.words),
            ],
            conditions: visit.conditions([("group", "Group", nil), ("topic", "Topic", nil), ("state", "State", nil)])
        )
    }
}
