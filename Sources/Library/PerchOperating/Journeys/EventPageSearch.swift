import Perch

/// A look back through one partition that ends when it has enough, or has looked far enough.
struct EventPageSearch {
    private static let depth = 10_000
    /// Where a filter passes over some, it is not known how many have to be read.
    private static let step = 500

    /// Before which entry it goes on.
    private(set) var place: EntryID?
    /// It has what was asked for, or has looked far enough: there is no need of older ones.
    private(set) var isCut = false
    private let limit: Int
    private let filter: EventPages.Filter
    private var events: [FoundEvent] = []
    private var foreign = 0
    private var lookedAt = 0

    init(before: EntryID?, limit: Int, filter: EventPages.Filter) {
        (place, self.limit, self.filter) = (before, limit, filter)
    }

    /// How many entries to read next: of all events one more than are wanted says that there are more.
    func most(atOnce bound: Int) -> Int {
        let wanted = filter.isEmpty ? limit - events.count + 1 : min(Self.step, max(bound, limit))
        return max(1, min(wanted, Self.depth - lookedAt))
    }

    /// Takes what was read before its place.
    ///
    /// - Parameters:
    ///   - entries: The newest first; nil: a foreign one.
    ///   - most: What was asked for: fewer are the last ones.
    /// - Returns: Whether the same source is to be read on.
    mutating func take(_ entries: [(EntryID, FoundEvent?)], of most: Int) -> Bool {
        for (id, event) in entries {
            guard events.count < limit else {
                isCut = true
                return false
            }
            place = id
            lookedAt += 1
            guard let event else {
                foreign += 1
                continue
            }
            if filter.matches(event) { events.append(event) }
        }
        guard entries.count == most else { return false }
        if lookedAt >= Self.depth { isCut = true }
        return !isCut
    }

    /// There is no time to look further.
    mutating func cut() { isCut = true }

    /// - Parameter problems: Servers that did not tell. The log has every event that the stream has.
    func page(_ problems: [ServerProblem]) -> EventPage {
        EventPage(
            events: events,
            foreign: foreign,
            lookedAt: lookedAt,
            lookedBackTo: lookedAt > 0 ? place : nil,
            isAtBeginning: !isCut && problems.allSatisfy { $0.service == nil },
            problems: problems
        )
    }
}
