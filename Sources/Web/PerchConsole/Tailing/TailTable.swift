import PageKit
import Perch
import PerchOperating
import Times

/// The events of a tail, a line each: those that its page is loaded with, and those that come.
enum TailTable {
    private typealias Cell = (text: String, target: LinkTarget?)

    static func table(_ entries: [TopicTail.Entry], empty: HTML, _ clock: PageClock) -> DataTable {
        DataTable(
            id: "tail",
            caption: "Events",
            isCaptionHidden: true,
            columns: [
                .init("Time", isNumber: true), .init("Entry", isNumber: true), .init("Event"), .init("Key"),
                .init("Data"),
            ],
            rows: entries.map { entry in
                cells(entry, clock).map { cell in
                    .init(cell.target.map { .component(Link(HTML(cell.text), to: $0)) } ?? .text(cell.text))
                }
            },
            empty: empty,
            feed: DataTable.Feed(rowIDs: entries.map(id), linkColumns: [1, 3])
        )
    }

    static func row(_ entry: TopicTail.Entry, _ clock: PageClock) -> FeedRow {
        FeedRow(id: id(entry), cells: cells(entry, clock).map { FeedRow.Cell($0.text, to: $0.target) })
    }

    private static func id(_ entry: TopicTail.Entry) -> String { "\(entry.partition)/\(entry.id)" }

    private static func cells(_ entry: TopicTail.Entry, _ clock: PageClock) -> [Cell] {
        let place = "\(entry.partition) \(entry.id)"
        guard let envelope = entry.envelope else {
            let time = Timestamp(milliseconds: entry.id.milliseconds)
            return [(clock.exact(time), nil), (place, nil), ("foreign: its owner did not publish it", nil)]
        }
        return [
            (clock.exact(envelope.time), nil), (place, Places.event(entry.id, in: entry.partition.topic)),
            ("\(envelope.type)/\(envelope.version)", nil),
            (envelope.subject, Places.trace(key: envelope.subject)), (EventTable.line(envelope.data), nil),
        ]
    }
}
