import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// Events in a table, a line each, the newest first.
enum EventTable {
    /// The most characters of an event's data in a line.
    private static let widest = 160

    static func table(_ events: [FoundEvent], _ snapshot: SystemSnapshot, empty: HTML, _ visit: Visit) -> DataTable {
        let checkpoints = Dictionary(
            grouping: snapshot.groupRows.flatMap { row in row.partitions.map { (row.group, $0) } }
        ) {
            $0.1.partition
        }
        return DataTable(
            id: "found",
            caption: "Events",
            isCaptionHidden: true,
            columns: [
                .init("Time", isNumber: true), .init("Entry", isNumber: true), .init("Event"), .init("Key"),
                .init("Data"), .init("Groups"),
            ],
            rows: events.map { event in
                let envelope = event.envelope
                return [
                    .init(.component(TimeText(envelope.time, visit.clock))), .init(.html(place(event))),
                    .init(.text("\(envelope.type)/\(envelope.version)")),
                    .init(.component(Link(HTML(envelope.subject), to: Places.trace(key: envelope.subject)))),
                    .init(.text(line(envelope.data))),
                    .init(groups(event, checkpoints[event.partition] ?? [])),
                ]
            },
            empty: empty
        )
    }

    private static func place(_ event: FoundEvent) -> HTML {
        guard let id = event.entryID else { return HTML(event.partition.description) }
        return
            "\(event.partition.description) \(Link(HTML("\(id)" as String), to: Places.event(id, in: event.partition.topic)))"
    }

    /// Its data in one line: JSON has no line break within a string.
    static func line(_ data: [UInt8]) -> String {
        let line = EventData.line(data, most: 4096)
        return line.count > widest ? line.prefix(widest) + "…" : line
    }

    /// Whether each group is past it, by the checkpoints of the last look.
    private static func groups(
        _ event: FoundEvent,
        _ readers: [(GroupName, GroupStatus.PartitionStatus)]
    ) -> CellValue {
        guard let place = event.entryID, !readers.isEmpty else { return .none }
        let badges = readers.map { group, status in
            guard status.isPaused != nil || status.checkpoint != nil else { return Badge("\(group) ?") }
            return (status.checkpoint ?? .zero).position >= place.position
                ? Badge("\(group) past it", .ok) : Badge("\(group) not yet", .info)
        }
        return .html(badges.reduce(into: HTML.empty) { $0 = $0.isEmpty ? $1.html : "\($0) \($1)" })
    }
}
