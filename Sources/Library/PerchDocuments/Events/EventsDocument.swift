package import Perch
package import PerchOperating

/// Events as JSON, and how far was looked for them.
package enum EventsDocument {
    private struct Foot: Encodable {
        let lookedAt, foreign: Int
        let lookedBackTo: String?
        let isAtBeginning: Bool
        let left: [String]?
        let problems: [ProblemDocument]
    }

    /// A page of a partition's events. Not ended.
    package static func text(_ page: EventPage, _ problems: [ProblemDocument]) throws -> String {
        try text(
            page.events.map { EventDocument($0) },
            lookedAt: page.lookedAt,
            lookedBackTo: page.lookedBackTo,
            foreign: page.foreign,
            isAtBeginning: page.isAtBeginning,
            problems
        )
    }

    /// Events of several partitions. Not ended.
    ///
    /// - Parameter left: Partitions that there was no time for. Default: none.
    package static func text(
        _ events: [EventDocument],
        lookedAt: Int,
        lookedBackTo: EntryID?,
        foreign: Int,
        isAtBeginning: Bool,
        left: [Partition] = [],
        _ problems: [ProblemDocument]
    ) throws -> String {
        let foot = Foot(
            lookedAt: lookedAt,
            foreign: foreign,
            lookedBackTo: lookedBackTo?.description,
            isAtBeginning: isAtBeginning,
            left: left.isEmpty ? nil : left.map(\.description),
            problems: problems
        )
        let lines = try events.map { try $0.line() }.joined(separator: ",\n")
        return "{\"events\":[\(lines)],\(try JSONOutput.text(foot, isPretty: false).dropFirst())"
    }
}
