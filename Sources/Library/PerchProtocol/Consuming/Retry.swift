/// A transaction in which the owner of a partition tries again what has failed and is due: the first event of a key, and when it takes
/// effect those held behind it, in order.
struct Retry: Sendable {
    let holding: Holding
    let keys: [String]
    /// The most events in the transaction.
    private(set) var limit: Int
    /// Each attempt is counted before.
    let isCautious: Bool
    /// All at once, as a round: those before them have just taken effect.
    let isWhole: Bool
    private(set) var book: FailureBook
    private(set) var rows: [ParkedEvent] = []
    /// There may be more of these keys than were fetched, or than are tried.
    private var hasMore = false
    private var next = 0
    private(set) var resolved: [Position] = []
    private(set) var changed: [ParkedEvent] = []
    /// Keys of which something stays.
    private var stopped: Set<String> = []
    private(set) var attempted = 0
    /// Why the first one has failed, known without running its handler.
    private(set) var presumed: EventFailure?
    private(set) var conflicts = 0

    init(holding: Holding, keys: [String], limit: Int, isCautious: Bool, isWhole: Bool, book: FailureBook) {
        self.holding = holding
        self.keys = keys
        self.limit = limit
        self.isCautious = isCautious
        self.isWhole = isWhole
        self.book = book
    }

    var partition: Partition { holding.partition }

    /// Whether there is more that may be tried at once.
    var isDraining: Bool { hasMore && stopped.isEmpty && !resolved.isEmpty }

    /// No more than these are tried.
    mutating func bound(to most: Int) { limit = max(1, min(limit, most)) }

    mutating func presume(_ failure: EventFailure) { presumed = failure }

    // MARK: What is tried

    /// - Returns: Whether all of it is tried at once.
    mutating func fetch(_ rows: [ParkedEvent], hasMore: Bool, savepoints: Int) -> Bool {
        self.rows = rows
        self.hasMore = hasMore
        if isWhole, !rows.isEmpty, rows.allSatisfy({ $0.state != .dead }) {
            attempted = rows.count
            return true
        }
        if rows.count > savepoints {
            self.rows = Array(rows.prefix(savepoints))
            self.hasMore = true
        }
        return false
    }

    /// The next that may be tried: none whose key is stopped.
    ///
    /// - Parameter isQuiet: Nothing more is begun: the rest is the next owner's.
    mutating func takeNext(isQuiet: Bool) -> ParkedEvent? {
        while next < rows.count {
            if isQuiet, next > 0 {
                stopped.formUnion(rows[next...].map(\.key))
                return nil
            }
            let event = rows[next]
            next += 1
            guard !stopped.contains(event.key) else { continue }
            guard event.state == .dead else { return event }
            stopped.insert(event.key)
            book.bury(event.key)
        }
        return nil
    }

    mutating func attempt() { attempted += 1 }

    // MARK: What came of it

    mutating func resolve(_ event: ParkedEvent) { resolved.append(event.position) }

    /// All that was fetched has taken effect, or all up to a position.
    mutating func resolve(upTo last: Position = .max) {
        resolved = rows.map(\.position).filter { $0 <= last }
        stopped.formUnion(rows.filter { $0.position > last }.map(\.key))
    }

    mutating func fail(
        _ event: ParkedEvent,
        _ failure: EventFailure,
        by policy: RetryPolicy,
        _ now: Duration,
        using random: inout SplitMix64
    ) {
        let changed = event.after(failure, by: policy, isCounted: isCautious, waiting: book.count, using: &random)
        self.changed.append(changed)
        book.enter(changed, policy, now)
        if book.holds(event.key) {
            stopped.insert(event.key)
        } else {
            // A dead letter that lets others go on: they are due now, also those that were not fetched.
            book.fail(event.key, due: now)
        }
    }

    mutating func settle(_ now: Duration) -> WorkerAction.Settlement {
        // All that there was of the others is done; what was more than could be fetched is next, behind what is due now.
        for key in keys where !stopped.contains(key) {
            if hasMore { book.fail(key, due: now) } else { book.free(key) }
        }
        return WorkerAction.Settlement(partition: partition, resolved: resolved, changed: changed)
    }

    mutating func hasConflicted() { conflicts += 1 }
}
