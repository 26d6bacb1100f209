import Foundation
import Perch
import PerchOperating
import Postgres

/// Delayed events for people.
enum DelaysText {
    static func table(_ events: [(service: String, event: DelayedEvent)], now: Timestamp) -> Table {
        var table = Table([
            .init(header: "ID"), .init(header: "TOPIC", dispensable: 3),
            .init(header: "TYPE", dispensable: 2, isCuttable: true),
            .init(header: "KEY", dispensable: 1, isCuttable: true), .init(header: "DUE"),
            .init(header: "IN", isRight: true),
        ])
        for (_, event) in events {
            let left = event.dueAt.map { $0 - now }
            table.add([
                Table.Cell(event.id.text, .name), Table.Cell(event.topic.rawValue),
                Table.Cell("\(event.type)/\(event.version)"), Table.Cell(event.key), Table.Cell(due(event)),
                left.map { $0 < .zero ? Table.Cell("overdue", .warning) : Table.Cell(Format.age($0)) } ?? "-",
            ])
        }
        return table
    }

    /// One event with all that is known.
    static func full(_ event: DelayedEvent, of service: String, _ screen: Screen) -> Shown {
        var lines: [Shown] = ["\(screen.tinted("\(event.type)/\(event.version)", .name))"]
        func add(_ name: Shown, _ value: String) { lines.append("\(name.padded(to: 10))\(value)") }
        add("id", event.id.text)
        add("due at", due(event))
        add("asked at", "\(event.askedAt)")
        add("topic", event.topic.rawValue)
        add("owner", service)
        add("key", event.key)
        if let trace = event.traceparent { add("trace", trace) }
        lines.append(Format.pretty(event.data))
        lines.append("\nTake it back: perch delays cancel \(event.id.text)")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func due(_ event: DelayedEvent) -> String {
        event.dueAt.map { "\($0)" } ?? "not within the years 1 to 9999"
    }
}
