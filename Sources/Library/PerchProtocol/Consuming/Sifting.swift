/// What comes of the events of one transaction, where they do not simply all succeed: one that fails is parked, its key held, and
/// no other.
struct Sifting: Sendable {
    struct Event: Sendable {
        let partition: Partition
        let position: Position
        let key: String
    }

    private let events: [Event]
    private var next = 0
    private(set) var parked: [Partition: [ParkedEvent]] = [:]
    private(set) var outcomes = Brake.Outcomes()
    /// Where something has failed that may be the system's fault.
    private(set) var failing: Set<Partition> = []
    private(set) var reason = ""
    /// The partitions' books as they are once this has committed.
    private(set) var books: [Partition: FailureBook] = [:]

    /// - Parameter events: Those that are tried one by one.
    init(events: [Event] = []) { self.events = events }

    /// Whether one was taken.
    var hasBegun: Bool { next > 0 }

    mutating func takeNext() -> Event? {
        guard next < events.count else { return nil }
        next += 1
        return events[next - 1]
    }

    /// The last position that was taken, by partition.
    var reached: [Partition: Position] {
        var reached: [Partition: Position] = [:]
        for event in events.prefix(next) { reached[event.partition] = event.position }
        return reached
    }

    mutating func succeed() { outcomes.succeeded += 1 }

    mutating func hold(_ event: Event) {
        parked[event.partition, default: []].append(ParkedEvent(position: event.position, key: event.key, state: .held))
    }

    /// The event that was taken as the last one has failed.
    ///
    /// - Parameters:
    ///   - book: As it was before the transaction.
    ///   - attempts: How often the event had failed before.
    mutating func fail(
        _ failure: EventFailure,
        attempts: Int,
        by policy: RetryPolicy,
        book before: FailureBook,
        _ now: Duration,
        using random: inout SplitMix64
    ) {
        guard hasBegun else { return }
        let event = events[next - 1]
        var book = books.removeValue(forKey: event.partition) ?? before
        let changed = ParkedEvent(position: event.position, key: event.key, state: .failed, attempts: attempts)
            .after(failure, by: policy, waiting: book.count, using: &random)
        parked[event.partition, default: []].append(changed)
        book.enter(changed, policy, now)
        books[event.partition] = book
        guard failure.isOfSystem else { return }
        failing.insert(event.partition)
        outcomes.failed += 1
        outcomes.failedKeys.insert("\(event.partition) \(event.key)")
        reason = failure.reason
    }

    /// What is past these positions was not begun.
    mutating func shorten(to handled: [Partition: Position]) {
        for (partition, events) in parked {
            let begun = handled[partition].map { last in events.filter { $0.position <= last } } ?? []
            parked[partition] = begun.isEmpty ? nil : begun
        }
    }
}
