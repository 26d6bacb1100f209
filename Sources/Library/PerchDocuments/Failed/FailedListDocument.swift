package import Perch
package import PerchOperating

/// A list of failed events as JSON, of which each part can be written when it is known: what is listed need not be kept.
package struct FailedListDocument {
    private var listed = 0

    private struct Sum: Encodable {
        let group: String
        let failed, held, dead: Int
    }

    package init() {}

    /// The next event, with what stands before it.
    package mutating func next(_ event: FailedEvent, of group: GroupName) throws -> String {
        listed += 1
        return (listed == 1 ? "{\"events\":[\n" : ",\n") + (try FailedDocument.line(event, of: group))
    }

    /// What follows the last event. Not ended.
    package func end(
        _ counts: [(group: GroupName, counts: [FailedEvent.State: Int])],
        _ problems: [ProblemDocument]
    ) throws -> String {
        let total = counts.reduce(0) { $0 + $1.counts.values.reduce(0, +) }
        let sums = counts.map { group, counts in
            Sum(
                group: group.rawValue,
                failed: counts[.failed] ?? 0,
                held: counts[.held] ?? 0,
                dead: counts[.dead] ?? 0
            )
        }
        let groups = try JSONOutput.text(sums, isPretty: false)
        let noted = try JSONOutput.text(problems, isPretty: false)
        return (listed == 0 ? "{\"events\":[" : "\n")
            + "],\"groups\":\(groups),\"is_cut\":\(listed < total),\"problems\":\(noted),\"total\":\(total)}"
    }
}
