/// Which keys of a partition are held back, and when their first event is tried again.
///
/// It may be older than the table, where operators retry and discard: then it holds a key for longer than it must, never less,
/// since only the partition's owner adds events there.
package struct FailureBook: Hashable, Sendable {
    package private(set) var revision: Int64 = -1
    private var failed: [String: Duration] = [:]
    private var dead: Set<String> = []
    /// When the next attempt is due; nil: none.
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

    package func holds(_ key: String) -> Bool { failed[key] != nil || dead.contains(key) }

    /// The keys whose first event is to be tried now, the longest due first.
    package func due(_ now: Duration, limit: Int) -> [String] {
        guard let nextDue, nextDue <= now else { return [] }
        return failed.filter { $0.value <= now }
            .sorted { ($0.value, $0.key) < ($1.value, $1.key) }
            .prefix(limit).map(\.key)
    }

    package mutating func fail(_ key: String, due: Duration) {
        dead.remove(key)
        failed[key] = due
        nextDue = failed.values.min()
    }

    package mutating func bury(_ key: String) {
        failed[key] = nil
        dead.insert(key)
        nextDue = failed.values.min()
    }

    package mutating func free(_ key: String) {
        dead.remove(key)
        failed[key] = nil
        nextDue = failed.values.min()
    }
}
