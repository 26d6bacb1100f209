package import PerchOperating

/// A list of delayed events as JSON.
package struct DelayedListDocument: Encodable {
    let events: [DelayedDocument]
    let problems: [ProblemDocument]
    let total: Int

    /// - Parameter total: How many there are, also those that are not listed.
    package init(_ events: [(service: String, event: DelayedEvent)], total: Int, _ problems: [ProblemDocument]) {
        self.events = events.map { DelayedDocument($0.event, of: $0.service) }
        (self.total, self.problems) = (total, problems)
    }
}
