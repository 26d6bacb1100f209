import PageKit
import Perch
import PerchOperating

/// What one who follows a topic is shown of it at a time: the newest that match, and how many more there were.
struct TailWindow {
    /// The most that are shown of a second: more than that nobody reads.
    static let most = 20

    let filter: EventFilter
    /// Entries up to here are on the page already.
    private let start: EntryID
    private(set) var entries: [TopicTail.Entry] = []
    /// Matched, and were not shown; since the beginning.
    private(set) var passed: Int64 = 0
    /// Came too fast to be looked at; since the beginning.
    private(set) var skipped: Int64 = 0

    init(_ filter: EventFilter, past start: EntryID) { (self.filter, self.start) = (filter, start) }

    /// - Parameter entry: As its viewer may see it: what is private cannot be found by a filter.
    mutating func add(_ entry: TopicTail.Entry) {
        guard entry.id > start, filter.matches(entry.envelope) else { return }
        entries.append(entry)
        guard entries.count > Self.most else { return }
        entries.removeFirst()
        passed = Self.sum(passed, 1)
    }

    /// Counts are of ids, which may be anybody's: no sum is too great.
    private static func sum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, isTooGreat) = left.addingReportingOverflow(right)
        return isTooGreat ? .max : sum
    }

    /// So many came that nobody looked at.
    mutating func skip(_ count: Int64) {
        // Without a filter each of them would have been shown.
        if filter.isEmpty { passed = Self.sum(passed, count) } else { skipped = Self.sum(skipped, count) }
    }

    /// What is to be shown now, the oldest first.
    mutating func take() -> [TopicTail.Entry] {
        defer { entries = [] }
        return entries
    }

    /// What is not shown, in words; empty: nothing.
    var words: String {
        let count = { (count: Int64) in NumberText.count(count) }
        let parts = [
            passed > 0 ? "\(count(passed)) more passed" : nil,
            skipped > 0 ? "\(count(skipped)) came too fast to be looked at" : nil,
        ]
        return parts.compactMap(\.self).joined(separator: "; ")
    }
}
