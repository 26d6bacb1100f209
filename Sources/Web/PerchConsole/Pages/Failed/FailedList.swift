import Perch
import PerchOperating

/// A page of failed events, group by group, and how many there are.
struct FailedList: Sendable {
    struct Row: Sendable {
        let group: GroupName
        let event: FailedEvent
        /// The one of its key that it waits for; nil: it waits for none.
        let leader: FailedEvent.ID?
    }

    private(set) var rows: [Row] = []
    /// Of the filter without its state.
    private(set) var counts: [FailedEvent.State: Int] = [:]
    private(set) var countsByGroup: [(group: GroupName, counts: [FailedEvent.State: Int])] = []
    /// Where the next page begins; nil: there is none.
    private(set) var next: FailedQuery.EventName?
    /// Databases that did not tell.
    private(set) var problems: [ServerProblem] = []
    private let state: FailedEvent.State?

    /// What is to be listed.
    struct Question: Sendable, Hashable {
        let query: FailedQuery
        let isOldestFirst: Bool
        /// The last event of the page before.
        let after: FailedQuery.EventName?
    }

    init(_ question: Question, most: Int, in system: OperatedSystem) async throws {
        let (query, after) = (question.query, question.after)
        state = query.state
        var uncounted = query
        uncounted.state = nil
        for (group, filter) in uncounted.choices(system.connections) {
            let failed = FailedEvents(system, of: group)
            do {
                let found = try await failed.counts(filter: filter)
                countsByGroup.append((group, found))
                counts.merge(found, uniquingKeysWith: +)
                guard next == nil, after.map({ $0.group <= group }) ?? true else { continue }
                var filter = filter
                filter.states = query.state.map { [$0] } ?? []
                let page = try await failed.list(
                    filter: filter,
                    order: question.isOldestFirst ? .oldestFirst : .newestFirst,
                    limit: most - rows.count + 1,
                    after: after?.group == group ? after?.number : nil
                )
                let taken = page.prefix(most - rows.count)
                let held = taken.filter { $0.state == .held }.map(\.id)
                let leaders = held.isEmpty ? [:] : try await failed.leaders(of: held)
                let isFull = page.count > taken.count
                rows += taken.map { event in
                    let leader = leaders[event.id]
                    return Row(group: group, event: event, leader: leader == event.id ? nil : leader)
                }
                if isFull { next = rows.last.map { .init(group: $0.group, number: $0.event.id) } }
            } catch let problem as ServerProblem {
                problems.append(problem)
            }
        }
    }

    /// Of those that the page is about.
    var shownCounts: [FailedEvent.State: Int] { counts.filter { state == nil || $0.key == state } }
}

extension FailedList: Maskable {
    func masked(in contract: Contract) -> FailedList {
        var shown = self
        shown.rows = rows.map { .init(group: $0.group, event: $0.event.masked(in: contract), leader: $0.leader) }
        return shown
    }
}
