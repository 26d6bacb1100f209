/// Limits of subscriptions: what is over them stays in the stream.
///
/// Before a transaction begins events of a limit with a rate, the worker asks how many it may begin, by a statement of its own. A slot
/// is taken in the transaction itself and is the transaction's: it is free again whatever ends that, the end of its process included.
extension WorkerProtocol {
    enum LimitStep: Sendable {
        /// Of what is throttled, before it is read.
        case asked(LimitName)
    }

    /// By when the events of a round that begins now have to be begun; empty where there are no limits.
    package func deadlines(_ now: Duration) -> [TopicName: Duration] {
        limits.isEmpty ? [:] : limits.deadlines(now, settings)
    }

    // MARK: Reading

    /// Reads a limit's partitions by themselves, after asking how much may be read of them.
    mutating func readLimited(_ now: Duration) -> WorkerAction? {
        let readable = held.filter { isReadableTogether($0, now) }.map(\.partition.topic)
        if limits.hasJustRead {
            limits.hasJustRead = false
            if readable.contains(where: { !limits.isThrottled($0) }) { return nil }
        }
        let due = readable.compactMap { limits.name(of: $0) }
            .filter { limits[$0].map { $0.isThrottled && $0.waitsUntil <= now } ?? false }
        guard let name = due.min(by: { waited(for: $0) < waited(for: $1) }),
            let question = limits.update(name, { [settings] in $0.ask(settings.batchSize, now) })
        else { return nil }
        awaiting = .limit(.asked(name))
        return .limits(.ask([question]))
    }

    /// What is stepped through after its owner has died is read alone, in its turn, also where its limit is throttled.
    private func isReadableTogether(_ held: HeldPartition, _ now: Duration) -> Bool {
        isReadable(held, now) && !cautions.isSteppedThrough(held.partition)
    }

    private func waited(for name: LimitName) -> Duration { limits[name]?.waitsUntil ?? .zero }

    mutating func continueReadingLimited(_ name: LimitName, _ answers: [LimitAnswer], _ now: Duration) -> WorkerAction {
        guard take(answers, of: [name], now).contains(name) else { return decide(now) }
        limits.hasJustRead = true
        let readable = held.filter { isReadableTogether($0, now) && limits.name(of: $0.partition.topic) == name }
            .map(\.partition)
        var partitions = readable
        var count = max(1, settings.batchSize / max(1, readable.count))
        if let standing = limits[name], standing.hasRate {
            partitions = limits.choose(standing.allowed, of: partitions)
            count = min(count, max(1, standing.allowed / max(1, partitions.count)))
        }
        guard !partitions.isEmpty else { return decide(now) }
        awaiting = .delivered(partitions, count: count, limit: name)
        return .streams(.read(partitions, count: count, block: .zero))
    }

    /// A limit's partitions were read by themselves: where they gave less than was asked for, they are read with the others again.
    mutating func hasReadLimited(
        _ name: LimitName,
        _ partitions: [Partition],
        _ batches: [WorkerInput.DeliveredIDs],
        atMost count: Int,
        _ now: Duration
    ) {
        let all = held.count { isReadableTogether($0, now) && limits.name(of: $0.partition.topic) == name }
        let isFull = batches.contains { $0.ids.count >= count }
        limits.update(name) { $0.hasRead(partitions.count, of: all, isFull: isFull) }
    }

    // MARK: A round

    /// Which limits the round at hand comes under, and how many events of each it would begin.
    private func limitedCounts() -> [(name: LimitName, count: Int)] {
        var counts: [(name: LimitName, count: Int)] = []
        for slice in round.slices {
            guard let name = limits.name(of: slice.partition.topic) else { continue }
            let count = slice.positions.count - slice.held.count
            if let index = counts.firstIndex(where: { $0.name == name }) {
                counts[index].count += count
            } else {
                counts.append((name, count))
            }
        }
        return counts
    }

    /// Asks what the transaction at hand may begin, where that is not known; nil: it may go on.
    mutating func askForRound(_ now: Duration) -> WorkerAction? {
        var names: [LimitName] = []
        var questions: [LimitQuestion] = []
        for (name, count) in limitedCounts() {
            if round.conflicts == 0, limits[name]?.mustYield(now, settings) == true {
                limits.update(name) { [settings] in $0.yield(now, settings) }
                putOff(name)
                return goOn(now)
            }
            if let question = limits.update(name, { [settings] in $0.question(count, now, settings) }) ?? nil {
                names.append(name)
                questions.append(question)
            }
        }
        guard !questions.isEmpty else { return trimToAllowed(now) }
        awaiting = .round(.asked(names))
        return .limits(.ask(questions))
    }

    mutating func continueAsking(_ names: [LimitName], _ answers: [LimitAnswer], _ now: Duration) -> WorkerAction {
        let open = take(answers, of: names, now)
        let closed = names.filter { !open.contains($0) }
        // What has met a conflict is kept at hand: how often it has is not known of a round that is read again.
        if round.conflicts > 0, let until = closed.compactMap({ limits[$0]?.waitsUntil }).max() {
            awaiting = .waited
            return .wait(max(.milliseconds(1), until - now))
        }
        for name in closed { putOff(name) }
        guard !round.slices.isEmpty else { return goOn(now) }
        return trimToAllowed(now) ?? prepareRound()
    }

    /// What is over what is allowed is not in this transaction.
    ///
    /// - Returns: Nil: it may go on.
    private mutating func trimToAllowed(_ now: Duration) -> WorkerAction? {
        for (name, count) in limitedCounts() {
            guard let standing = limits[name], standing.hasRate, standing.allowed < count else { continue }
            let topics = Set(round.slices.map(\.partition.topic).filter { limits.name(of: $0) == name })
            round.trim(topics, to: standing.allowed)
        }
        return round.slices.isEmpty ? goOn(now) : nil
    }

    /// - Returns: Of which something may be begun.
    private mutating func take(_ answers: [LimitAnswer], of names: [LimitName], _ now: Duration) -> Set<LimitName> {
        var open: Set<LimitName> = []
        for (name, answer) in zip(names, answers) {
            let wasThrottled = limits[name]?.isThrottled == true
            var random = random
            let isOpen = limits.update(name) { [settings] in $0.take(answer, now, settings, using: &random) }
            self.random = random
            if isOpen == true { open.insert(name) } else if !wasThrottled { note(.limited(name)) }
        }
        return open
    }

    /// Its events leave the round. They are read again when something may be begun.
    private mutating func putOff(_ name: LimitName) {
        for partition in Set(round.work.map(\.partition)) where limits.name(of: partition.topic) == name {
            if round.isCareful { limits.beCareful(with: partition) }
            round.putOff(partition)
            held.update(partition) { $0.rewind() }
        }
    }

    /// The slots that the transaction at hand needs; nil: none.
    mutating func occupy() -> WorkerAction? {
        let names = limitedCounts().map(\.name).filter { limits[$0]?.hasSlots == true }
        guard !names.isEmpty else { return nil }
        awaiting = .round(.occupied(names))
        return .transaction(.occupy(names.compactMap { limits[$0]?.limit }))
    }

    mutating func continueOccupying(_ names: [LimitName], _ slots: [LimitSlot], _ now: Duration) -> WorkerAction {
        let denied = settle(slots, of: names, now)
        guard !denied.isEmpty else { return handleRound(now) }
        if round.conflicts == 0 { for name in denied { putOff(name) } }
        awaiting = .round(.rolledBack)
        return .transaction(.rollback)
    }

    /// - Returns: Which there is no slot of.
    private mutating func settle(_ slots: [LimitSlot], of names: [LimitName], _ now: Duration) -> [LimitName] {
        var denied: [LimitName] = []
        for (name, slot) in zip(names, slots) {
            switch slot {
            case .taken(let isContested): limits.update(name) { $0.hasSlot(isContested: isContested, now) }
            case .none:
                if limits[name]?.isThrottled != true { note(.limited(name)) }
                var random = random
                limits.update(name) { [settings] in $0.deny(now, settings, using: &random) }
                self.random = random
                denied.append(name)
            }
        }
        return denied
    }

    /// Whether what is allowed was allowed too long ago: it is asked for anew.
    private func isStale(_ now: Duration) -> Bool {
        limitedCounts().contains { name, _ in
            guard let standing = limits[name], standing.hasRate else { return false }
            return !standing.isFresh(now, settings)
        }
    }

    /// The transaction is open, and has what it needs: its events are begun.
    mutating func handleRound(_ now: Duration) -> WorkerAction {
        if !limits.isEmpty {
            if isStale(now) {
                awaiting = .round(.rolledBack)
                return .transaction(.rollback)
            }
            for (name, count) in limitedCounts() { limits.update(name) { $0.begin(count) } }
        }
        if round.isCareful { return tryNext(now) }
        awaiting = .round(.handled)
        return .transaction(.handle(round.slices))
    }

    /// Whether no further event of the transaction at hand may be begun, though some were.
    func mustStopBeginning(_ now: Duration) -> Bool { isQuiet || (!limits.isEmpty && isStale(now)) }

    /// What is past these positions was not begun.
    mutating func shortenRound(to handled: [Partition: Position]) {
        guard !limits.isEmpty else { return round.shorten(to: handled) }
        let before = limitedCounts()
        round.shorten(to: handled)
        let after = Dictionary(uniqueKeysWithValues: limitedCounts().map { ($0.name, $0.count) })
        for (name, count) in before {
            limits.update(name) { [settings] in $0.hasBegun(after[name, default: 0], of: count, settings) }
        }
    }

    /// All of the transaction at hand was begun.
    mutating func hasBegunAll() {
        guard !limits.isEmpty else { return }
        for (name, count) in limitedCounts() {
            limits.update(name) { [settings] in $0.hasBegun(count, of: count, settings) }
        }
    }
}

// MARK: Retries

extension WorkerProtocol {
    /// Whether a failed event of the topic may be tried, as far as its limit goes.
    mutating func mayRetry(_ topic: TopicName, _ now: Duration) -> Bool {
        guard let name = limits.name(of: topic) else { return true }
        guard !limits.isWaiting(topic, now) else { return false }
        guard limits[name]?.mustYield(now, settings) == true else { return true }
        limits.update(name) { [settings] in $0.yield(now, settings) }
        return false
    }

    /// What is asked before these are tried; nil: nothing.
    mutating func question(for retry: Retry, _ now: Duration) -> LimitQuestion? {
        guard let name = limits.name(of: retry.partition.topic) else { return nil }
        let count = retry.isWhole ? retry.limit : retry.keys.count
        return limits.update(name) { [settings] in $0.question(count, now, settings) } ?? nil
    }

    /// - Returns: How many may be tried; nil: none.
    mutating func take(_ answers: [LimitAnswer], for retry: Retry, _ now: Duration) -> Int? {
        guard let name = limits.name(of: retry.partition.topic) else { return .max }
        return take(answers, of: [name], now).contains(name) ? allowed(retry) : nil
    }

    func allowed(_ retry: Retry) -> Int {
        guard let name = limits.name(of: retry.partition.topic), let standing = limits[name], standing.hasRate
        else { return .max }
        return standing.allowed
    }

    /// The limit of which the retry needs a slot.
    func slotLimit(of retry: Retry) -> WorkLimit? {
        guard let name = limits.name(of: retry.partition.topic), let standing = limits[name], standing.hasSlots
        else { return nil }
        return standing.limit
    }

    /// - Returns: Whether there is one.
    mutating func take(_ slots: [LimitSlot], for retry: Retry, _ now: Duration) -> Bool {
        guard let name = limits.name(of: retry.partition.topic) else { return true }
        return settle(slots, of: [name], now).isEmpty
    }

    /// These are begun; false: what is allowed was allowed too long ago.
    mutating func begin(_ count: Int, of retry: Retry, _ now: Duration) -> Bool {
        guard let name = limits.name(of: retry.partition.topic), let standing = limits[name], standing.hasRate
        else { return true }
        guard standing.isFresh(now, settings) else { return false }
        limits.update(name) { $0.begin(count) }
        return true
    }

    /// Some of what it would begin was not begun.
    mutating func giveBack(_ count: Int, of retry: Retry) {
        guard let name = limits.name(of: retry.partition.topic) else { return }
        limits.update(name) { $0.giveBack(count) }
    }

    func mustStopBeginning(_ retry: Retry, _ now: Duration) -> Bool {
        if isQuiet { return true }
        guard let name = limits.name(of: retry.partition.topic), let standing = limits[name], standing.hasRate
        else { return false }
        return !standing.isFresh(now, settings)
    }
}
