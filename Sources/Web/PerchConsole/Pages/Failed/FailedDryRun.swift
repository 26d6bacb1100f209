import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PerchOperating

/// What a change of many would do: counted, and bound so that it touches these and no others.
struct FailedDryRun: Sendable {
    /// One group's part.
    struct Part: Sendable {
        let group: GroupName
        /// Bound by the mark.
        let filter: FailedEvents.Filter
        let counts: [FailedEvent.State: Int]
        let mark: FailedEvents.Mark
        /// Held events that wait behind these.
        let behind: Int
        let errors: [ErrorPattern]

        var count: Int { counts.values.reduce(0, +) }
        /// For the hidden field: the group and its bound.
        var bound: String { "\(group)/\(mark)" }
        /// For the hidden fields: the group, a state and how many.
        var sizes: [String] {
            counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\(group)/\($0.key.rawValue)/\($0.value)" }
        }
    }

    let action: FailedAction
    let query: FailedQuery
    private(set) var parts: [Part] = []
    /// Held events among the chosen, which a retry leaves as they are.
    private(set) var held = 0
    /// Databases that did not tell: nothing of theirs is touched.
    private(set) var problems: [ServerProblem] = []

    /// - Parameter bounds: Where a former count ended; a group without one is not touched then. Nil: everything until now.
    init(
        _ action: FailedAction,
        _ query: FailedQuery,
        bounds: [GroupName: FailedEvents.Mark]?,
        in system: OperatedSystem
    ) async throws {
        (self.action, self.query) = (action, query)
        for choice in query.choices(system.connections) {
            var filter = choice.filter
            if let bounds {
                guard let mark = bounds[choice.group] else { continue }
                filter.upTo = mark
            }
            let states = filter.states.isEmpty ? action.states : filter.states.intersection(action.states)
            let failed = FailedEvents(system, of: choice.group)
            do {
                if action == .retry {
                    held += try await failed.counts(filter: filter)[.held] ?? 0
                }
                guard !states.isEmpty else { continue }
                filter.states = states
                let census = try await failed.census(filter: filter)
                guard let end = census.end else { continue }
                // The bound of before stays: it is the one that was shown.
                filter.upTo = filter.upTo ?? end
                parts.append(
                    Part(
                        group: choice.group,
                        filter: filter,
                        counts: census.counts,
                        mark: filter.upTo ?? end,
                        behind: try await failed.behind(filter: filter),
                        errors: try await failed.errors(filter: filter, limit: 5, depth: 10_000).patterns
                    )
                )
            } catch let problem as ServerProblem {
                problems.append(problem)
            }
        }
    }

    var count: Int { parts.reduce(0) { $0 + $1.count } }
    var behind: Int { parts.reduce(0) { $0 + $1.behind } }
    var counts: [FailedEvent.State: Int] { parts.reduce(into: [:]) { $0.merge($1.counts, uniquingKeysWith: +) } }

    /// No group has more of them in any state than this.
    func isWithin(_ bounds: FailedBounds) -> Bool {
        parts.allSatisfy { part in
            part.counts.allSatisfy { state, count in count <= bounds.sizes[part.group]?[state] ?? 0 }
        }
    }
}

/// What a confirmation carries of the dry run that it stands on.
struct FailedBounds: Sendable {
    private(set) var marks: [GroupName: FailedEvents.Mark] = [:]
    private(set) var sizes: [GroupName: [FailedEvent.State: Int]] = [:]
    /// Of all groups and states.
    var total: Int { sizes.values.reduce(0) { $0 + $1.values.reduce(0, +) } }

    /// - Throws: 400.
    init(_ fields: FormFields) throws {
        for text in fields.all("upto") {
            guard let (group, rest) = Self.parts(text), let mark = FailedEvents.Mark(rest) else { throw Self.refused }
            marks[group] = mark
        }
        for text in fields.all("count") {
            guard let (place, number) = Self.parts(text), let (group, word) = Self.parts(place.rawValue),
                let state = FailedEvent.State(rawValue: word), let size = Int32(number), size >= 0
            else { throw Self.refused }
            sizes[group, default: [:]][state] = Int(size)
        }
    }

    private static func parts(_ text: String) -> (GroupName, String)? {
        guard let slash = text.lastIndex(of: "/") else { return nil }
        return (GroupName(rawValue: String(text[..<slash])), String(text[text.index(after: slash)...]))
    }

    private static var refused: HTTPError {
        HTTPError(.badRequest, message: "The bounds of this page are not as it wrote them. Begin at the list again.")
    }
}
