import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/groups`: who is behind, by how much, is it getting better?
enum GroupsPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/groups", fields: ["group", "topic", "state"]) { visit in
            let snapshot = await visit.parts.sampler.current()
            let rows = snapshot.groupRows.filter { row in
                (visit.query["group"] ?? "").isEmpty || row.group.rawValue == visit.query["group"]
            }
            return Answer(
                visit.page("Groups", of: snapshot, command: "perch groups", body: body(rows, snapshot, visit)),
                document: GroupsDocument(
                    snapshot.groups,
                    visit.parts.documents(of: snapshot.groups.flatMap(\.problems))
                )
            )
        }
    }

    @Sendable static func addLive(_ snapshot: SystemSnapshot, _ values: inout [LiveKey: String]) {
        for row in snapshot.groupRows {
            for (name, figure) in figures(row, snapshot) { values.set(key(row, name), figure) }
        }
    }

    private static func key(_ row: GroupRow, _ name: String) -> String { "groups/\(row.group)/\(row.topic)/\(name)" }

    private static func figures(_ row: GroupRow, _ snapshot: SystemSnapshot) -> [(String, Figure)] {
        let effects = snapshot.history[.effects(row.group, row.topic)]
        return [
            ("oldest", .seconds(row.oldestSeconds)), ("lag", .count(row.lag)),
            ("rate", .rate(effects.rate(over: .seconds(60), until: snapshot.time))), ("pending", .count(row.pending)),
            ("failed", .count(row.failed)), ("held", .count(row.held)), ("dead", .count(row.dead)),
            ("workers", .count(row.liveWorkers)),
        ]
    }

    private static func body(_ rows: [GroupRow], _ snapshot: SystemSnapshot, _ visit: Visit) -> HTML {
        let table = DataTable(
            id: "groups",
            caption: "Groups",
            isCaptionHidden: true,
            columns: [
                .init("Group"), .init("Topic"), .init("Oldest", unit: "s", isNumber: true),
                .init("Lag", unit: "#", isNumber: true), .init("Rate", unit: "#/s", isNumber: true),
                .init("Pending", unit: "#", isNumber: true), .init("Failed", isNumber: true),
                .init("Held", isNumber: true), .init("Dead", isNumber: true), .init("Workers", isNumber: true),
            ],
            rows: rows.map { row in
                [.init(.text(row.group.rawValue)), .init(.text(row.topic.rawValue))]
                    + figures(row, snapshot).map { .init($0.1.cell, live: LiveKey(key(row, $0.0))) }
            },
            empty: "No topic of the contract names a group that reads it."
        )
        return table.html
    }
}
