/// How rounds of partitions are run whose former owner died: see `Caution`.
struct Cautions: Sendable {
    private var cautions: [Partition: Caution] = [:]
    /// What it was ever told that it holds, and has not given back.
    private var known: Set<Partition> = []
    /// Stepping through a partition and reading the others take turns.
    private var hasJustStepped = false
    private var lastStepped: Partition?

    /// The way of nearly every worker.
    var isEmpty: Bool { cautions.isEmpty }

    /// Whether each event of its is tried alone.
    func isSteppedThrough(_ partition: Partition) -> Bool { cautions[partition]?.pace == .events }

    /// At which pace a round of these is run; nil: nothing has to be counted.
    func pace(of partitions: some Sequence<Partition>) -> Caution.Pace? {
        guard !cautions.isEmpty else { return nil }
        let paces = partitions.compactMap { cautions[$0]?.pace }
        return paces.contains(.events) ? .events : paces.first
    }

    // MARK: Beginning and end

    /// - Parameter batch: The most events in a round.
    /// - Returns: What an operator should hear of.
    mutating func begin(_ takeover: Takeover, of holding: Holding, batch: Int) -> WorkerNotice? {
        let partition = holding.partition
        // Ours from before the connection was lost: this process lives, and knows more than the table.
        if takeover.isOwn, cautions[partition] != nil { return nil }
        guard let last = takeover.attempted, last > holding.checkpoint.position else {
            // Ours from an acquisition whose answer was lost: who had it before was never told.
            if takeover.isOwn, known.contains(partition) { return nil }
            // Two rounds may have been under way.
            cautions[partition] = Caution(pace: .rounds, left: 2 * batch)
            return .countsRounds(partition)
        }
        let count = Int(last - holding.checkpoint.position)
        cautions[partition] = Caution(pace: .events, left: count)
        return .stepsThrough(partition, count: count)
    }

    /// These are held now, whatever becomes of the connection.
    mutating func know(_ partitions: some Sequence<Partition>) { known.formUnion(partitions) }

    /// It is not held any more, or by another owner meanwhile.
    mutating func forget(_ partition: Partition) { cautions[partition] = nil }

    mutating func giveBack(_ partition: Partition) {
        forget(partition)
        known.remove(partition)
    }

    /// These many have passed.
    mutating func pass(_ partition: Partition, count: Int, batch: Int) {
        guard var caution = cautions[partition] else { return }
        caution.left -= count
        if caution.left > 0 {
            cautions[partition] = caution
        } else {
            // One that ends processes may be followed by more of its kind.
            cautions[partition] = caution.pace == .events ? Caution(pace: .rounds, left: batch) : nil
        }
    }

    // MARK: Counting

    /// Whether these positions were counted by this process, or need not be.
    func hasCounted(_ partition: Partition, _ positions: ClosedRange<Position>) -> Bool {
        cautions[partition]?.hasCounted(positions) ?? true
    }

    /// - Parameter count: How often it was attempted, this time included.
    mutating func count(_ attempt: Attempt, _ count: Int) {
        cautions[attempt.holding.partition]?.counted = attempt.first...attempt.last
        cautions[attempt.holding.partition]?.attempts = count
    }

    /// How often what is next was attempted.
    func attempts(_ partition: Partition) -> Int? { cautions[partition]?.attempts }

    // MARK: Stepping

    /// Of those that may be read, the one to step through now, and those that are read together.
    func choose(among readable: [Partition]) -> (next: Partition?, together: [Partition]) {
        guard !cautions.isEmpty else { return (nil, readable) }
        let together = readable.filter { !isSteppedThrough($0) }
        let suspects = readable.filter(isSteppedThrough)
        let next = suspects.first { suspect in lastStepped.map { suspect > $0 } ?? true } ?? suspects.first
        return (hasJustStepped && !together.isEmpty ? nil : next, together)
    }

    /// One of this partition is read, or the others are.
    mutating func step(_ partition: Partition?) {
        hasJustStepped = partition != nil
        if let partition { lastStepped = partition }
    }
}
