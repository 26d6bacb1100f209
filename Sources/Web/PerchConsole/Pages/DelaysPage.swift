import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/delays`: what will be published, and when? To take one back is for `perch`, and for its owner's own code.
enum DelaysPage {
    /// Those that are shown; the next to become due.
    private static let most = 100

    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/delays", fields: ["topic", "key"]) { visit in
            let topic = try visit.query["topic"].flatMap { $0.isEmpty ? nil : $0 }.map { try visit.topic(named: $0) }
            let key = visit.query["key"].flatMap { $0.isEmpty ? nil : $0 }
            let connections = visit.parts.connections
            let found = try await visit.look(for: Question(topic: topic?.name, key: key)) {
                try await DelayedEventList.of(connections, topic: topic, key: key, limit: most, in: $0)
            }
            return Answer(
                visit.page(
                    "Delayed events",
                    notices: visit.notices(of: found.problems),
                    command: "perch delays" + (topic.map { " --topic \($0.name)" } ?? ""),
                    body: body(found, visit)
                )
            ) {
                let problems = visit.parts.documents(of: found.problems)
                return try JSONOutput.text(DelayedListDocument(found.events, total: found.total, problems))
            }
        }
    }

    private struct Question: Sendable, Hashable {
        let topic: TopicName?
        let key: String?
    }

    private static func body(_ found: DelayedEventList, _ visit: Visit) -> HTML {
        let topics = visit.parts.connections.contract.topics.map {
            FormField.Choice($0.name.rawValue, $0.name.rawValue)
        }
        let bar = FilterBar(
            "Filter delayed events",
            "/delays",
            fields: [
                FormField("topic", "Topic", .select([.init("", "All")] + topics), value: visit.query["topic"] ?? ""),
                FormField("key", "Key", .search, value: visit.query["key"] ?? ""),
            ],
            conditions: visit.conditions([("topic", "Topic", nil), ("key", "Key", nil)])
        )
        var parts: [any Component] = [
            bar, table(found.events, isFiltered: visit.query["topic"] != nil || visit.query["key"] != nil, visit),
        ]
        if found.total > found.events.count {
            let more = found.total >= DelayedEvents.countedAtMost ? " or more" : ""
            parts.append(
                Paragraph(
                    "\(found.events.count) of \(found.total)\(more): those that are due next. Choose a topic or a key for others."
                )
            )
        }
        return HTML(parts)
    }

    private static func table(
        _ events: [(service: String, event: DelayedEvent)],
        isFiltered: Bool,
        _ visit: Visit
    ) -> DataTable {
        DataTable(
            id: "delayed",
            caption: "Delayed events",
            isCaptionHidden: true,
            columns: [
                .init("Due", isNumber: true), .init("Topic"), .init("Event"), .init("Key"), .init("Data"),
                .init("To take it back"),
            ],
            rows: events.map { _, event in
                [
                    .init(event.dueAt.map { .component(TimeText($0, visit.clock)) } ?? .unknown),
                    .init(.component(Link(HTML(event.topic.rawValue), to: Places.topic(event.topic)))),
                    .init(.text("\(event.type)/\(event.version)")),
                    .init(.component(Link(HTML(event.key), to: Places.trace(key: event.key)))),
                    .init(.text(EventTable.line(event.data))),
                    .init(.component(Copied(command: "perch delays cancel \(event.id.text)"))),
                ]
            },
            empty: isFiltered ? "None of these waits." : "No event waits until it is due."
        )
    }
}
