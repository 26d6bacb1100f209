package import Perch

/// Retries or discards many failed events: those that were counted and none that fail later, a page a transaction, so that it can
/// be stopped between two.
package struct FailedChange: Sendable {
    /// What is done to them.
    package enum Action: Sendable, Hashable {
        case retry
        case discard(reason: String)

        /// Those that can be changed so.
        var states: Set<FailedEvent.State> {
            switch self {
            case .retry: [.failed, .dead]
            case .discard: Set(FailedEvent.State.allCases)
            }
        }
    }

    /// What to ask a group for; what its filter is bound by holds, beside where the count ends.
    package struct Choice: Sendable {
        package let group: GroupName
        package let filter: FailedEvents.Filter

        package init(group: GroupName, filter: FailedEvents.Filter) { (self.group, self.filter) = (group, filter) }
    }

    /// One group's part.
    package struct Part: Sendable {
        package let group: GroupName
        package let counts: [FailedEvent.State: Int]
        /// Its bound, `upTo`, is where the count ended: what fails later is not touched.
        let filter: FailedEvents.Filter
        let events: FailedEvents

        /// What was counted before.
        ///
        /// - Parameter filter: Bound by the mark of that count.
        package init(
            group: GroupName,
            counts: [FailedEvent.State: Int],
            filter: FailedEvents.Filter,
            in system: OperatedSystem
        ) {
            (self.group, self.counts, self.filter) = (group, counts, filter)
            events = FailedEvents(system, of: group)
        }

        /// Where the count ended.
        package var mark: FailedEvents.Mark? { filter.upTo }
        package var count: Int { counts.values.reduce(0, +) }
    }

    /// How far it is, after a transaction.
    package struct Step: Sendable, Hashable {
        /// Whose events were changed last.
        package let group: GroupName
        package let changed: Int
        package let counted: Int
    }

    /// What was done.
    package struct Outcome: Sendable {
        package internal(set) var changed: [(group: GroupName, count: Int)] = []
        package internal(set) var isStopped = false

        package var count: Int { changed.reduce(0) { $0 + $1.count } }
    }

    /// The most events in a transaction.
    package static let page = 1000

    package let action: Action
    /// Of the groups in which there is something to do.
    package let parts: [Part]

    package var count: Int { parts.reduce(0) { $0 + $1.count } }

    /// Of what was counted before.
    package init(_ action: Action, _ parts: [Part]) { (self.action, self.parts) = (action, parts) }

    /// Counts, and changes nothing.
    package init(_ action: Action, _ choices: [Choice], in system: OperatedSystem) async throws {
        var parts: [Part] = []
        for choice in choices {
            var filter = choice.filter
            filter.states = filter.states.isEmpty ? action.states : filter.states.intersection(action.states)
            guard !filter.states.isEmpty else { continue }
            let events = FailedEvents(system, of: choice.group)
            let census = try await events.census(filter: filter)
            guard let end = census.end else { continue }
            filter.upTo = filter.upTo.map { end.bounded(by: $0) } ?? end
            parts.append(Part(group: choice.group, counts: census.counts, filter: filter, in: system))
        }
        (self.action, self.parts) = (action, parts)
    }
}
