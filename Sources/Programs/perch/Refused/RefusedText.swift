import Foundation
import Perch
import PerchDocuments
import PerchOperating
import Postgres

/// Refused events for people.
enum RefusedText {
    static func table(_ events: [(service: String, event: RefusedEvent)], now: Timestamp) -> Table {
        var table = Table([
            .init(header: "ID"), .init(header: "TYPE", dispensable: 2, isCuttable: true),
            .init(header: "KEY", dispensable: 1, isCuttable: true), .init(header: "PARTITION", dispensable: 3),
            .init(header: "AGE", isRight: true), .init(header: "REASON", isCuttable: true, least: 28),
        ])
        for (service, event) in events {
            table.add([
                Table.Cell(ServiceRowID.text(service, event.id), .name),
                Table.Cell("\(event.type)/\(event.version)"), Table.Cell(event.key),
                Table.Cell("\(event.topic):\(event.partition)"),
                Table.Cell(Format.age(now - event.refusedAt)), Table.Cell(event.reason, .bad),
            ])
        }
        return table
    }

    /// One event with all that is known.
    static func full(_ event: RefusedEvent, of service: String, _ screen: Screen) -> Shown {
        let id = ServiceRowID.text(service, event.id)
        var lines: [Shown] = ["\(event.type)/\(event.version)"]
        func add(_ name: Shown, _ value: String) { lines.append("\(name.padded(to: 12))\(value)") }
        add("refused id", id)
        add("refused at", "\(event.refusedAt)")
        add("time", event.time.map { "\($0)" } ?? "not within the years 1 to 9999")
        add("key", event.key)
        add("event id", event.eventID.uuidString.lowercased())
        add("place", "\(event.topic):\(event.partition), row \(event.sequence) of the outbox")
        lines.append("\n\(screen.tinted(Shown(event.reason), .bad))\n")
        lines.append(Format.pretty(event.data))
        lines.append("\nCorrect and publish it: perch refused retry \(id) --data @FILE")
        return lines.joined(separator: "\n") + "\n"
    }
}
