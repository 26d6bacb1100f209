import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/topics`: what flows?
enum TopicsPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/topics", fields: ["owner", "behind", "missing"]) { visit in
            let snapshot = await visit.parts.sampler.current()
            return Answer(
                visit.page("Topics", of: snapshot, command: "perch topics", body: body(snapshot, visit))
            ) { try visit.parts.document(of: snapshot.topics) }
        }
    }

    @Sendable static func addLive(_ snapshot: SystemSnapshot, _ values: inout [LiveKey: String]) {
        for row in snapshot.topicRows {
            for (name, figure) in figures(row, snapshot) { values.set(key(row, name), figure) }
            for reader in row.readers { values.set(key(row, "groups/\(reader.group)"), lag(of: reader)) }
        }
    }

    private static func key(_ row: TopicRow, _ name: String) -> String { "topics/\(row.name)/\(name)" }

    private static func figures(_ row: TopicRow, _ snapshot: SystemSnapshot) -> [(String, Figure)] {
        [
            ("rate", .rate(row.rate)), ("waiting", waiting(row)), ("in_redis", .count(row.inRedis)),
            ("first", first(row, snapshot.time)), ("ever", .count(row.ever)), ("missing", .count(row.missing)),
        ]
    }

    /// How many, and since when the first: `1,204 (3 min)`.
    private static func waiting(_ row: TopicRow) -> Figure {
        guard let waiting = row.status.waiting else { return .unknown }
        guard waiting > 0, let age = row.status.waitingAge else { return .count(waiting) }
        return Figure("\(NumberText.count(waiting)) (\(PageClock.words(age)))")
    }

    private static func first(_ row: TopicRow, _ now: Timestamp) -> Figure {
        guard row.inRedis != nil else { return .unknown }
        guard let first = row.first else { return .none }
        return Figure(PageClock.words(now - Timestamp(milliseconds: first.milliseconds)))
    }

    private static func lag(of reader: GroupLine) -> Figure {
        if reader.hasNeverRun { return Figure("never ran") }
        guard let seconds = reader.oldestSeconds else { return .unknown }
        return Figure("\(Figure.seconds(seconds).text) s")
    }

    private static func body(_ snapshot: SystemSnapshot, _ visit: Visit) -> HTML {
        let all = snapshot.topicRows
        let rows = all.filter { row in
            (visit.query["owner"] ?? "").isEmpty || row.topic.owner == visit.query["owner"]
        }.filter { visit.query["behind"] != "on" || $0.isBehind }
            .filter { visit.query["missing"] != "on" || ($0.missing ?? 0) > 0 }
        let table = DataTable(
            id: "topics",
            caption: "Topics",
            isCaptionHidden: true,
            columns: [
                .init("Topic"), .init("Owner"), .init("Rate", unit: "#/s", isNumber: true),
                .init("Waiting", unit: "# (age)", isNumber: true), .init("In Redis", unit: "#", isNumber: true),
                .init("First", unit: "age", isNumber: true), .init("Ever", unit: "#", isNumber: true),
                .init("Missing", unit: "#", isNumber: true), .init("Groups", unit: "oldest, s"),
            ],
            rows: rows.map { row in
                [.init(.html(name(row, visit))), .init(.text(row.topic.owner))]
                    + figures(row, snapshot).map { .init($0.1.cell, live: LiveKey(key(row, $0.0))) }
                    + [.init(readers(row))]
            },
            empty: all.isEmpty
                ? "The contract has no topic yet: a file streams/NAME.yaml declares one."
                : "No topic matches. \(Link("Show all", to: "/topics"))"
        )
        return filter(all, visit).html + table.html
    }

    private static func name(_ row: TopicRow, _ visit: Visit) -> HTML {
        let link = Link(HTML(row.name.rawValue), to: Places.topic(row.name))
        guard let since = row.heldSince else { return link.html }
        return "\(link) \(Badge("held since \(visit.clock.timeOfDay(since))", .danger))"
    }

    private static func readers(_ row: TopicRow) -> CellValue {
        if row.topic.groups.isEmpty { return .none }
        return .html(
            row.readers.reduce(into: HTML.empty) { html, reader in
                if !html.isEmpty { html = html + " " }
                let link = Link(HTML(reader.group.rawValue), to: Places.group(reader.group))
                html =
                    html + "\(link) \(Badge(lag(of: reader).text, live: LiveKey(key(row, "groups/\(reader.group)"))))"
            }
        )
    }

    private static func filter(_ rows: [TopicRow], _ visit: Visit) -> FilterBar {
        let owners = Set(rows.map(\.topic.owner)).sorted()
        return FilterBar(
            "Topics",
            "/topics",
            fields: [
                FormField(
                    "owner",
                    "Owner",
                    .select([.init("", "All")] + owners.map { .init($0, $0) }),
                    value: visit.query["owner"] ?? ""
                ),
                FormField("behind", "Behind by more than 10 s", .check, value: visit.query["behind"] ?? ""),
                FormField("missing", "With missing entries", .check, value: visit.query["missing"] ?? ""),
            ],
            conditions: visit.conditions([
                ("owner", "Owner", nil), ("behind", "Behind", "yes"), ("missing", "Missing", "yes"),
            ])
        )
    }
}
