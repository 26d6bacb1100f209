package import Perch
import Times

/// The delayed events of a system that are due next, of all services that own a topic.
package struct DelayedEventList: Sendable {
    /// In the order in which they are due.
    package private(set) var events: [(service: String, event: DelayedEvent)] = []
    /// How many there are, also those that are not listed; of each service counted up to `DelayedEvents.countedAtMost`.
    package private(set) var total = 0
    /// Databases that did not tell.
    package private(set) var problems: [ServerProblem] = []

    /// - Parameters:
    ///   - topic: Only of this topic; nil: of all.
    ///   - key: Only of this key; nil: of all.
    ///   - limit: The most events.
    package static func of(
        _ system: SystemConnections,
        topic: TopicContract?,
        key: String?,
        limit: Int,
        in operated: OperatedSystem
    ) async throws -> DelayedEventList {
        var list = DelayedEventList()
        for service in topic.map({ [$0.owner] }) ?? system.owners {
            do {
                let delayed = DelayedEvents(operated, of: service)
                list.total += try await delayed.count(topic: topic?.name, key: key)
                list.events += try await delayed.list(topic: topic?.name, key: key, limit: limit).map { (service, $0) }
            } catch let problem as ServerProblem {
                list.problems.append(problem)
            }
        }
        let due = { (event: DelayedEvent) in event.dueAt ?? Timestamp(milliseconds: .max) }
        // Each service's are in order; so are all.
        list.events = Array(list.events.sorted { due($0.event) < due($1.event) }.prefix(limit))
        return list
    }
}

extension DelayedEventList: Maskable {
    package func masked(in contract: Contract) -> DelayedEventList {
        var shown = self
        shown.events = events.map { ($0.service, $0.event.masked(in: contract)) }
        return shown
    }
}
