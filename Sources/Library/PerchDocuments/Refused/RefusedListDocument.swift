package import PerchOperating

/// A list of refused events as JSON.
package struct RefusedListDocument: Encodable {
    let events: [RefusedDocument]
    let problems: [ProblemDocument]
    let total: Int

    /// - Parameter total: How many there are, also those that are not listed.
    package init(_ events: [(service: String, event: RefusedEvent)], total: Int, _ problems: [ProblemDocument]) {
        self.events = events.map { RefusedDocument($0.event, of: $0.service) }
        (self.total, self.problems) = (total, problems)
    }
}
