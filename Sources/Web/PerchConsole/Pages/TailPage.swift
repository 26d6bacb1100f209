import Hummingbird
import PageKit
import Perch
import PerchOperating
import Times

/// `/tail/T`: what comes now? The last events of all partitions as of each load; where scripts run, what comes is put on top of them.
enum TailPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/tail/{topic}", fields: ["type", "key", "field"]) { visit in
            let topic = try visit.topic()
            let list = try EventList(topic, visit)
            let fields = try fields(visit, topic)
            let filter = filter(list, fields)
            let scan = try await list.look()
            let entries = scan.events.compactMap { event in
                event.entryID.map { TopicTail.Entry(partition: event.partition, id: $0, envelope: event.envelope) }
            }.filter { filter.matches($0.envelope) }
            var page = visit.page(
                "Tail of \(topic.name)",
                notices: visit.notices(of: scan.problems),
                command: "perch tail \(topic.name)",
                body: body(list, scan, entries, visit)
            )
            page.asOf = asOf(topic, entries, visit)
            return Answer(page, document: scan.document(visit) { filter.matches($0) })
        }
        routes.stream("/live/tail/{topic}", fields: ["type", "key", "field", "past"]) { visit in
            let topic = try visit.topic()
            let list = try EventList(topic, visit)
            let filter = filter(list, try fields(visit, topic))
            guard let start = EntryID(visit.query["past"] ?? "") else {
                throw HTTPError(.badRequest, message: "“past” is an entry id, such as 1763836200123-42.")
            }
            let stream = try await visit.openStream(showing: [])
            do {
                try await visit.parts.feeds.add(
                    stream,
                    of: topic,
                    filter,
                    past: start,
                    by: visit.clock,
                    isMasked: !visit.may(.seeData)
                )
            } catch {
                await stream.close()
                throw HTTPError(
                    .serviceUnavailable,
                    headers: [.retryAfter: "30"],
                    message: "As many topics are followed as may be; this page stays as it is."
                )
            }
            return stream
        }
    }

    /// - Throws: 400 where it names no field of the topic.
    private static func fields(_ visit: Visit, _ topic: TopicContract) throws -> [EventFilter.FieldValue] {
        guard let text = visit.query["field"], !text.isEmpty else { return [] }
        let names = Set(topic.events.flatMap(\.versions).flatMap(\.fields).map(\.name)).sorted()
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
        guard parts.count == 2, names.contains(parts[0]) else {
            throw HTTPError(
                .badRequest,
                message: """
                    “field” is NAME=VALUE with a field of \(topic.name): \(names.joined(separator: ", "))\
                    \(NearestName.hint(for: parts[0], in: names)).
                    """
            )
        }
        return [EventFilter.FieldValue(name: parts[0], value: parts[1])]
    }

    private static func filter(_ list: EventList, _ fields: [EventFilter.FieldValue]) -> EventFilter {
        EventFilter(types: Set([list.filter.type].compactMap(\.self)), key: list.filter.key, fields: fields)
    }

    private static func asOf(_ topic: TopicContract, _ entries: [TopicTail.Entry], _ visit: Visit) -> AsOf {
        // All past the oldest that is shown: what a slow partition gives late is not missed. Of a quiet topic that is long ago.
        let recent = EntryID(milliseconds: max(0, visit.clock.now.milliseconds - 10_000), position: 0)
        let ids = entries.map(\.id).sorted()
        // This clock may be ahead of the one that gives ids.
        let start = ids.last.map { min(max(ids[0], recent), $0) } ?? recent
        let query = ["type", "key", "field"].map { ($0, visit.query[$0].flatMap { $0.isEmpty ? nil : $0 }) }
        let stream = LinkTarget(["live", "tail", topic.name.rawValue], query: query + [("past", "\(start)")])
        return AsOf(
            visit.clock.now,
            visit.clock,
            stream: visit.isLive ? stream : nil,
            again: visit.address(),
            other: visit.address(setting: "live", to: visit.isLive ? "off" : nil)
        )
    }

    private static func body(
        _ list: EventList,
        _ scan: EventScan,
        _ entries: [TopicTail.Entry],
        _ visit: Visit
    ) -> HTML {
        let repeats = visit.query["every"] != nil
        let other =
            repeats
            ? Link("Stop reloading", to: visit.address(setting: "every", to: nil))
            : Link("Reload every 5 seconds", to: visit.address(setting: "every", to: "5"))
        let table = TailTable.table(entries, empty: "Nothing of what was looked at matches.", visit.clock)
        // What somebody types is not taken away by a reload.
        let bar = repeats ? HTML.empty : list.bar.html
        let words: HTML = """
            The newest \(entries.count) of \(list.topic.name.rawValue). Where scripts run, what comes is put on top of them, and links \
            can be followed while that is paused. Where none do: \(other).
            """
        return bar + Paragraph(words).html + FeedWords().html + list.left(scan) + table.html
    }
}
