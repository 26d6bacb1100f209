import PageKit
import Perch
import PerchOperating
import Times

/// `/topics/T`: how is it laid out, and what is in it?
enum TopicPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/topics/{topic}") { visit in
            let topic = try visit.topic()
            let snapshot = await visit.parts.sampler.current()
            let asked = try await visit.look(for: Question(topic: topic.name)) { await Asked(topic, in: $0) }
            return Answer(
                visit.page(
                    topic.name.rawValue,
                    of: snapshot,
                    command: "perch topics describe \(topic.name)",
                    body: body(topic, snapshot, asked, visit)
                )
            ) { try visit.parts.document(of: snapshot.topics.filter { $0.topic.name == topic.name }) }
        }
    }

    @Sendable static func addLive(_ snapshot: SystemSnapshot, _ values: inout [LiveKey: String]) {
        for row in snapshot.topicRows {
            for partition in row.status.partitions {
                for (name, figure) in TopicPartitions.figures(partition, row) {
                    values.set(TopicPartitions.key(partition, name), figure)
                }
            }
        }
    }

    private static func body(
        _ topic: TopicContract,
        _ snapshot: SystemSnapshot,
        _ asked: Asked,
        _ visit: Visit
    ) -> HTML {
        var parts: [any Component] = []
        if !topic.description.isEmpty { parts.append(Paragraph(HTML(topic.description))) }
        if let since = snapshot.heldTopics[topic.name] {
            parts.append(
                Notice(
                    "\(topic.name) is held since \(visit.clock.timeOfDay(since))",
                    "Its partitions are being changed: what is published waits in the outbox.",
                    .danger
                )
            )
        }
        parts.append(facts(topic, snapshot, asked, visit))
        parts.append(actions(topic, visit))
        if let row = snapshot.topicRow(topic.name) {
            parts.append(Section("Partitions", [TopicPartitions.table(row)]))
        }
        parts.append(Section("Events", [events(topic)]))
        return HTML(parts)
    }

    private static func facts(
        _ topic: TopicContract,
        _ snapshot: SystemSnapshot,
        _ asked: Asked,
        _ visit: Visit
    ) -> Facts {
        let kept = [
            topic.retention.age.map { "for \(PageClock.words($0))" },
            topic.retention.entries.map { "up to \(NumberText.count($0)) a partition" },
        ].compactMap(\.self).joined(separator: ", ")
        let archive = topic.archive.age.map { "for \(PageClock.words($0))" } ?? "for ever"
        let status = snapshot.topic(topic.name)
        return Facts([
            ("Owner", .text(topic.owner)), ("Key", .component(Copied(key: topic.key))),
            ("Partitions", layouts(topic, asked, visit)), ("Kept in Redis", .text(kept.isEmpty ? "for ever" : kept)),
            ("Kept in the owner's log", .text(archive)), ("Waiting in the outbox", .count(status?.waiting)),
            ("Delayed until they are due", delayed(status?.delayed, topic)),
            (
                "Foreign entries",
                asked.foreign.map { $0 == 0 ? .none : .html("\($0) that \(topic.owner) has not published, set aside") }
                    ?? .unknown
            ),
        ])
    }

    /// The number leads to the list.
    private static func delayed(_ count: Int?, _ topic: TopicContract) -> CellValue {
        guard let count, count > 0 else { return count == nil ? .unknown : .none }
        return .component(Link("\(count)", to: Places.delays(of: topic.name), label: "\(count) delayed events"))
    }

    /// `8, before that 4 until 12 Nov 2026`
    private static func layouts(_ topic: TopicContract, _ asked: Asked, _ visit: Visit) -> CellValue {
        var html: HTML = "\(topic.partitions)"
        guard let layouts = asked.layouts else { return .html("\(html); those before are not known") }
        for layout in layouts.reversed() {
            html = html + ", before that \(layout.partitions) until \(TimeText(layout.endedAt, visit.clock))"
        }
        return .html(html)
    }

    /// What the owner's database is asked for, for this page alone; nil where it does not tell.
    private struct Asked: Maskable {
        let foreign: Int?
        let layouts: [TopicLayout]?

        init(_ topic: TopicContract, in system: OperatedSystem) async {
            foreign = try? await ForeignEntries(system, of: topic.owner).totals()
                .filter { $0.partition.topic == topic.name }.reduce(0) { $0 + $1.kept + $1.beyond }
            layouts = try? await SystemStatus(system).layouts(of: topic)
        }

        func masked(in contract: Contract) -> Asked { self }
    }

    private struct Question: Sendable, Hashable {
        let topic: TopicName
    }

    private static func actions(_ topic: TopicContract, _ visit: Visit) -> HTML {
        var html: HTML = """
            \(Link("Events", to: Places.events(of: topic.name))) · \(Link("Tail", to: Places.tail(topic.name)))
            """
        if visit.may(.changePartitions), let target = LinkTarget(["partitions", topic.name.rawValue]) {
            html = html + " · \(Link("Change partitions…", to: target))"
        } else {
            html = html + " · \(Right.changePartitions.missing)"
        }
        if visit.may(.publishEvents) {
            for event in topic.events {
                guard let target = LinkTarget(["publish", topic.name.rawValue, event.type.rawValue]) else { continue }
                html = html + " · \(Link("Publish \(event.type.rawValue)…", to: target))"
            }
        } else {
            html = html + " · \(Right.publishEvents.missing)"
        }
        return Paragraph(html).html
    }

    private static func events(_ topic: TopicContract) -> DataTable {
        DataTable(
            id: "events",
            caption: "Events",
            isCaptionHidden: true,
            columns: [.init("Event"), .init("What it says"), .init("Fields")],
            rows: topic.events.flatMap { event in
                event.versions.map { version in
                    let words = version.description.isEmpty ? event.description : version.description
                    return [
                        .init(.text("\(event.type)/\(version.number)")), .init(words.isEmpty ? .none : .text(words)),
                        .init(.text(version.fields.map(line).joined(separator: ", "))),
                    ]
                }
            },
            empty: "The contract declares no event of it."
        )
    }

    /// `order uuid`, `note string (may be left out)`
    private static func line(_ field: Field) -> String {
        "\(field.name) \(field.kind)\(field.isRequired ? "" : " (may be left out)")"
    }
}
