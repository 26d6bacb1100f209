import Perch
package import PerchOperating

/// A page of a partition's events as JSON.
package enum EventsDocument {
    private struct Foot: Encodable {
        let lookedAt, foreign: Int
        let lookedBackTo: String?
        let isAtBeginning: Bool
        let problems: [ProblemDocument]
    }

    /// Not ended.
    package static func text(_ page: EventPage, _ problems: [ProblemDocument]) throws -> String {
        let foot = Foot(
            lookedAt: page.lookedAt,
            foreign: page.foreign,
            lookedBackTo: page.lookedBackTo?.description,
            isAtBeginning: page.isAtBeginning,
            problems: problems
        )
        let events = try page.events.map { try EventDocument($0).line() }.joined(separator: ",\n")
        return "{\"events\":[\(events)],\(try JSONOutput.text(foot, isPretty: false).dropFirst())"
    }
}
