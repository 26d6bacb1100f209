import Foundation
import Perch
import PerchDocuments
import PerchOperating
import Postgres

/// Failed events for people.
enum FailedText {
    static func table(_ events: [FailedEvent], of group: GroupName, now: Timestamp) -> Table {
        var table = Table([
            .init(header: "ID"), .init(header: "STATE"), .init(header: "TYPE", dispensable: 2),
            .init(header: "KEY", dispensable: 1, isCuttable: true), .init(header: "PARTITION", dispensable: 5),
            .init(header: "ATTEMPTS", isRight: true, dispensable: 3), .init(header: "AGE", isRight: true),
            .init(header: "NEXT", isRight: true, dispensable: 4), .init(header: "ERROR", isCuttable: true, least: 28),
        ])
        for event in events {
            let next = event.nextAttempt.map { $0 > now ? "in \(Format.age($0 - now))" : "now" }
            table.add([
                Table.Cell(FailedID.text(group, event.id), .name),
                Table.Cell(event.state.rawValue, tint(event.state)),
                Table.Cell("\(event.delivery.type)/\(event.delivery.version)"), Table.Cell(event.delivery.subject),
                Table.Cell(event.delivery.partition.description), Table.Cell("\(event.attempts)"),
                Table.Cell(Format.age(now - event.failedAt)), Table.Cell(next ?? "-"),
                Table.Cell(Format.line(event.error)),
            ])
        }
        return table
    }

    static func tint(_ state: FailedEvent.State) -> Tint {
        switch state {
        case .failed: .warning
        case .held: .dim
        case .dead: .bad
        }
    }

    /// `2 failed events, 10 held, 1 dead letter`
    static func sum(_ counts: [FailedEvent.State: Int]) -> String {
        let parts = [
            counts[.dead].map { Format.plural($0, "dead letter") },
            counts[.failed].map { "\(Format.count($0)) failed" },
            counts[.held].map { "\(Format.count($0)) held" },
        ].compactMap(\.self)
        return parts.isEmpty ? "no failed events" : parts.joined(separator: ", ")
    }

    /// One event with all that is known.
    static func full(_ event: FailedEvent, of group: GroupName, _ place: FailedEvents.KeyPlace, _ screen: Screen)
        -> Shown
    {
        let delivery = event.delivery
        var lines: [Shown] = ["\(screen.tinted("\(delivery.type)/\(delivery.version)", .name))  \(delivery.time)"]
        func add(_ name: Shown, _ value: Shown) { lines.append(name.padded(to: 12) + value) }
        add("failed id", "\(FailedID.text(group, event.id))")
        add("state", screen.tinted(event.state.rawValue, tint(event.state)) + meaning(event, of: group, place))
        add(
            "attempts",
            "\(event.attempts)" + (event.waits > 0 ? ", and waited \(Format.plural(event.waits, "time"))" : "")
        )
        if let last = event.lastAttempt { add("last", "\(last)") }
        if let next = event.nextAttempt, event.state == .failed { add("next", "\(next)") }
        add("key", Shown(delivery.subject))
        add("event id", "\(delivery.id.text)")
        add("place", "\(delivery.partition) \(delivery.entryID)")
        if let trace = delivery.envelope.traceparent { add("trace", Shown(trace)) }
        add("revision", "\(event.revision)")
        lines.append(event.error.isEmpty ? "" : "\n\(screen.tinted(Shown(lines: event.error), .bad))\n")
        lines.append(Format.pretty(delivery.envelope.data))
        if let original = event.originalData {
            lines.append("\ncorrected; it was delivered as\n\(Format.pretty(original))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func meaning(_ event: FailedEvent, of group: GroupName, _ place: FailedEvents.KeyPlace) -> Shown {
        let behind: Shown = place.behind > 0 ? "; \(Format.plural(place.behind, "event")) of its key behind it" : ""
        let before = place.first.map { first -> Shown in ", behind \(FailedID.text(group, first))" } ?? ""
        return before + behind
    }
}
