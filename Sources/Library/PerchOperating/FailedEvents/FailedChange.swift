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

    /// What to ask a group for.
    package struct Choice: Sendable {
        package let group: GroupName
        package let filter: FailedEvents.Filter

        package init(group: GroupName, filter: FailedEvents.Filter) { (self.group, self.filter) = (group, filter) }
    }

    /// One group's part.
    package struct Part: Sendable {
        package let group: GroupName
        package let counts: [FailedEvent.State: Int]
        /// The last that was counted: what fails later is not touched.
        package let last: FailedEvent.ID
        let filter: FailedEvents.Filter
        let events: FailedEvents

        package var count: Int { counts.values.reduce(0, +) }
    }

    /// How far it is, after a transaction.
    package struct Step: Sendable, Hashable {
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
            filter.upTo = end
            parts.append(
                Part(group: choice.group, counts: census.counts, last: end.id, filter: filter, events: events)
            )
        }
        (self.action, self.parts) = (action, parts)
    }
}
