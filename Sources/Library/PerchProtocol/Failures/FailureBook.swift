/// Which keys of a partition are held back, and when their first event is tried again.
///
/// It may be older than the table, where operators retry and discard: then it holds a key for longer than it must, never less,
/// since only the partition's owner adds events there.
package struct FailureBook: Hashable, Sendable {
    package private(set) var revision: Int64 = -1
    private var failed: [String: Duration] = [:]
    private var dead: Set<String> = []
    /// No attempt is due before; nil: none is due at all. It may be too early: `due` sets it right.
    package private(set) var nextDue: Duration?

    package init() {}

    package init(_ survey: FailureSurvey, now: Duration) {
        revision = survey.revision
        for head in survey.heads {
            if let due = head.due { failed[head.key] = now + due } else { dead.insert(head.key) }
        }
        nextDue = failed.values.min()
    }

    /// Nothing is held: the way of nearly every round.
    package var isEmpty: Bool { failed.isEmpty && dead.isEmpty }

    /// How many keys are tried again by themselves.
    package var count: Int { failed.count }

    package func holds(_ key: String) -> Bool { failed[key] != nil || dead.contains(key) }

    /// The keys whose first event is to be tried now, the longest due first.
    package mutating func due(_ now: Duration, limit: Int) -> [String] {
        guard limit > 0, let nextDue, nextDue <= now else { return [] }
        var chosen: [(due: Duration, key: String)] = []
        for (key, due) in failed where due <= now {
            if chosen.count == limit, let last = chosen.last, (last.due, last.key) < (due, key) { continue }
            let place = chosen.firstIndex { (due, key) < ($0.due, $0.key) } ?? chosen.endIndex
            chosen.insert((due, key), at: place)
            if chosen.count > limit { chosen.removeLast() }
        }
        if chosen.isEmpty { self.nextDue = failed.values.min() }
        return chosen.map(\.key)
    }

    package mutating func fail(_ key: String, due: Duration) {
        dead.remove(key)
        failed[key] = due
        nextDue = min(nextDue ?? due, due)
    }

    package mutating func bury(_ key: String) {
        failed[key] = nil
        dead.insert(key)
        if failed.isEmpty { nextDue = nil }
    }

    package mutating func free(_ key: String) {
        dead.remove(key)
        failed[key] = nil
        if failed.isEmpty { nextDue = nil }
    }
}
