/// A round: what one read delivered, handled and committed in one transaction, with a fence for each partition. Where something goes
/// wrong it takes several, each smaller, or event by event.
struct Round: Sendable {
    /// What became of the transaction at hand.
    enum Outcome: Hashable, Sendable {
        case open
        /// Its COMMIT is sent.
        case submitted
        /// It will not commit, while it is not known whether the round before has.
        case refused(WorkerInput.Refusal)
    }

    /// What is known of the only event of the next transaction without running its handler.
    struct Presumption: Sendable {
        let failure: EventFailure
        /// How often it was tried, where that is known.
        var attempts = 0
    }

    /// What is still to be handled, by partition, what is in the open transaction included.
    private(set) var work: [WorkerAction.Slice] = []
    /// What the open transaction handles. Each begins right after its partition's checkpoint.
    private(set) var slices: [WorkerAction.Slice] = []
    /// The ids of all that was delivered and verified, by partition, in order; and their keys.
    private var ids: [Partition: [EntryID]] = [:]
    private var keys: [Partition: EventKeys] = [:]
    /// What is acknowledged when the round is over: what was redelivered, and what was committed.
    private(set) var acknowledgements: [WorkerAction.Acknowledgement] = []
    /// Partitions of which more was delivered than is handled: they are read again from the checkpoint.
    private(set) var cut: Set<Partition> = []
    private(set) var conflicts = 0
    /// Conflicts in a row of a transaction with one event.
    private var conflictsAlone = 0
    /// The most events in a transaction.
    private var limit = Int.max
    /// A handler has failed: event by event.
    private(set) var isCareful = false
    private(set) var presumption: Presumption?
    /// Each attempt is counted before.
    private(set) var pace: Caution.Pace?
    /// Some partition gave as much as was asked for: there is more.
    private(set) var isFull = false
    private(set) var outcome = Outcome.open
    var sifting = Sifting()

    init() {}

    init(isFull: Bool) { self.isFull = isFull }

    var isEmpty: Bool { work.isEmpty && acknowledgements.isEmpty }
    var count: Int { slices.reduce(0) { $0 + $1.positions.count } }

    /// Whether all that was delivered is handled at once, without failures, and there is more to read behind it.
    var mayBeFollowed: Bool {
        isFull && slices == work && cut.isEmpty && !isCareful && pace == nil && sifting.parked.isEmpty
    }

    /// Whether some handler has run to its end.
    var hasSucceeded: Bool {
        isCareful ? sifting.outcomes.succeeded > 0 : slices.contains { $0.held.count < $0.positions.count }
    }

    // MARK: What was delivered

    func contains(_ partition: Partition) -> Bool { ids[partition] != nil }

    func lastID(of partition: Partition) -> EntryID? { ids[partition]?.last }

    func lastID(of slice: WorkerAction.Slice) -> EntryID? {
        ids[slice.partition]?.last { $0.position <= slice.positions.upperBound }
    }

    /// The ids of a slice; mostly it is all that was delivered.
    private func ids(of slice: WorkerAction.Slice) -> [EntryID] {
        let all = ids[slice.partition, default: []]
        guard let first = all.first, let last = all.last else { return [] }
        let isWhole = slice.positions.contains(first.position) && slice.positions.contains(last.position)
        return isWhole ? all : all.filter { slice.positions.contains($0.position) }
    }

    func events(of slice: WorkerAction.Slice) -> [Sifting.Event] {
        zip(ids[slice.partition, default: []], keys[slice.partition, default: []])
            .filter { slice.positions.contains($0.0.position) }
            .map { Sifting.Event(partition: slice.partition, position: $0.position, key: $1) }
    }

    /// To be handled: entries that follow the partition's checkpoint without a gap.
    ///
    /// - Returns: Whether there is one.
    mutating func add(_ partition: Partition, _ run: ArraySlice<EntryID>, _ keys: EventKeys) -> Bool {
        guard let first = run.first, let last = run.last, first.position <= last.position else { return false }
        ids[partition] = Array(run)
        self.keys[partition] = keys
        work.append(.init(partition: partition, positions: first.position...last.position))
        return true
    }

    /// To be acknowledged when the round is over.
    mutating func acknowledge(_ partition: Partition, _ ids: [EntryID]) {
        acknowledgements.append(.init(partition: partition, ids: ids))
    }

    mutating func acknowledge(_ more: [WorkerAction.Acknowledgement]) { acknowledgements += more }

    /// More was delivered than is handled.
    mutating func cut(_ partition: Partition) { cut.insert(partition) }
}

// MARK: How it is run

extension Round {
    /// After a loss it is smaller; where it is one event, alone, so that a further loss tells whose it is.
    ///
    /// - Returns: What is not handled now.
    mutating func narrow(by narrowings: Narrowings) -> [Partition] {
        var left: [Partition] = []
        if let alone = work.first(where: { narrowings.limit($0.partition) == 1 }) {
            left = work.filter { $0 != alone }.map(\.partition)
            work = [alone]
            isCareful = true
        }
        for index in work.indices {
            let slice = work[index]
            guard let limit = narrowings.limit(slice.partition), limit < slice.positions.count else { continue }
            let first = slice.positions.lowerBound
            work[index].positions = first...(first + Position(limit) - 1)
            cut.insert(slice.partition)
        }
        return left
    }

    /// Event by event: a handler has failed before it was put off.
    mutating func goCarefully() { isCareful = true }

    /// What is counted before it is run, after the former owner has died.
    mutating func go(at pace: Caution.Pace) {
        self.pace = pace
        guard pace == .events else { return }
        isCareful = true
        limit = 1
    }

    /// Chooses what the next transaction handles.
    ///
    /// - Parameter savepoints: The most events of one that goes event by event.
    mutating func takeSlices(savepoints: Int) {
        var left = isCareful ? min(limit, savepoints) : limit
        slices = []
        for slice in work where left > 0 {
            let first = slice.positions.lowerBound
            let count = min(left, slice.positions.count)
            left -= count
            slices.append(.init(partition: slice.partition, positions: first...(first + Position(count) - 1)))
        }
        sifting = Sifting(events: isCareful ? slices.flatMap { events(of: $0) } : [])
    }

    /// In a transaction that is handled as a whole: this one has to stay behind a failed event of its key.
    mutating func hold(_ event: Sifting.Event, in index: Int) {
        slices[index].held.insert(event.position)
        sifting.hold(event)
    }

    /// Events of these topics are not more than so many in this transaction, in the order of its slices.
    mutating func trim(_ topics: Set<TopicName>, to count: Int) {
        var left = count
        slices = slices.compactMap { slice in
            guard topics.contains(slice.partition.topic) else { return slice }
            guard left > 0 else { return nil }
            var slice = slice
            let first = slice.positions.lowerBound
            let count = min(left, slice.positions.count)
            left -= count
            slice.positions = first...(first + Position(count) - 1)
            slice.held = slice.held.filter { slice.positions.contains($0) }
            return slice
        }
        if isCareful { sifting = Sifting(events: slices.flatMap { events(of: $0) }) }
    }

    /// Its events are read again later.
    mutating func putOff(_ partition: Partition) {
        drop(partition)
        slices.removeAll { $0.partition == partition }
        if isCareful { sifting = Sifting(events: slices.flatMap { events(of: $0) }) }
    }

    mutating func presume(_ presumption: Presumption) { self.presumption = presumption }

    // MARK: What has happened to it

    /// What is past these positions was not begun; also what is held there waits for the next owner.
    mutating func shorten(to handled: [Partition: Position]) {
        slices = slices.compactMap { slice in
            guard let last = handled[slice.partition], last >= slice.positions.lowerBound else { return nil }
            var slice = slice
            slice.positions = slice.positions.lowerBound...last
            slice.held = slice.held.filter { $0 <= last }
            return slice
        }
        sifting.shorten(to: handled)
    }

    /// All that was not committed is given up.
    mutating func dropWork() { work = [] }

    /// The partition is another owner's now.
    mutating func drop(_ partition: Partition) { work.removeAll { $0.partition == partition } }

    mutating func hasSubmitted() { outcome = .submitted }

    mutating func hasBeenRefused(_ refusal: WorkerInput.Refusal) { outcome = .refused(refusal) }

    /// Its transaction is run again. What is left of it is no whole read, and nothing is read before it is through: the shell keeps
    /// two reads.
    mutating func reopen() {
        outcome = .open
        isFull = false
    }

    /// A refusal that is dealt with.
    mutating func takeRefusal() -> WorkerInput.Refusal? {
        guard case .refused(let refusal) = outcome else { return nil }
        outcome = .open
        return refusal
    }

    /// The slice has committed.
    ///
    /// - Returns: Its last id, how many it had, and whether more was delivered than was handled, where it had any.
    mutating func conclude(_ slice: WorkerAction.Slice) -> (last: EntryID, count: Int, isCut: Bool)? {
        let ids = ids(of: slice)
        guard let last = ids.last else {
            drop(slice.partition)
            return nil
        }
        acknowledge(slice.partition, ids)
        work.removeAll { $0.partition == slice.partition && $0.positions.upperBound <= last.position }
        let rest = work.firstIndex { $0.partition == slice.partition }
        if let rest { work[rest].positions = (last.position + 1)...work[rest].positions.upperBound }
        return (last, ids.count, cut.contains(slice.partition) && rest == nil)
    }

    mutating func hasCommitted() {
        conflictsAlone = 0
        guard presumption != nil else { return }
        presumption = nil
        limit = pace == .events ? 1 : .max
    }

    /// As many conflicts in a row at one event alone, with up to 200 ms between, say that it is its handler's error.
    static let mostConflicts = 10

    mutating func hasConflicted() {
        conflicts += 1
        conflictsAlone = count == 1 ? conflictsAlone + 1 : 0
        limit = max(1, count / 2)
        guard conflictsAlone >= Self.mostConflicts, presumption == nil else { return }
        isCareful = true
        let reason =
            "its transaction met a conflict \(Self.mostConflicts) times in a row, alone: a deadlock, a lock timeout, out of memory"
        presumption = Presumption(failure: EventFailure(.failed, reason))
    }

    /// A handler has failed, or one of its statements, or COMMIT.
    mutating func hasFailed(_ reason: String) {
        if !isCareful {
            isCareful = true
        } else if count > 1 {
            // Only COMMIT has told: of which event, smaller rounds tell.
            limit = max(1, count / 2)
        } else if presumption == nil {
            limit = 1
            presumption = Presumption(failure: EventFailure(.failed, reason))
        } else {
            conflicts += 1
        }
    }
}
