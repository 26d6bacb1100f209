import Foundation
import Perch
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
                Table.Cell(RefusedID.text(service, event.id), .name),
                Table.Cell(Format.line("\(event.type)/\(event.version)")), Table.Cell(Format.line(event.key)),
                Table.Cell(Format.line("\(event.topic):\(event.partition)")),
                Table.Cell(Format.age(now - event.refusedAt)), Table.Cell(Format.line(event.reason), .bad),
            ])
        }
        return table
    }

    /// One event with all that is known.
    static func full(_ event: RefusedEvent, of service: String, _ screen: Screen) -> String {
        var lines = [Format.line("\(event.type)/\(event.version)")]
        func add(_ name: String, _ value: String) {
            lines.append(name.padding(toLength: 12, withPad: " ", startingAt: 0) + Format.line(value))
        }
        add("refused id", RefusedID.text(service, event.id))
        add("refused at", "\(event.refusedAt)")
        add("time", event.time.map { "\($0)" } ?? "not within the years 1 to 9999")
        add("key", event.key)
        add("event id", event.eventID.uuidString.lowercased())
        add("place", "\(event.topic):\(event.partition), row \(event.sequence) of the outbox")
        lines.append("\n\(screen.tinted(Format.line(event.reason), .bad))\n")
        lines.append(Format.printable(Format.pretty(event.data)))
        lines.append("\nCorrect and publish it: perch refused retry \(RefusedID.text(service, event.id)) --data @FILE")
        return lines.joined(separator: "\n") + "\n"
    }
}
