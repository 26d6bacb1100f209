/// How a worker goes about partitions whose former owner died: see `Caution`.
extension WorkerProtocol {
    // MARK: The turn

    /// Whether it wants to try an event that may end the process: the shell lets one worker a process do so, or an attempt
    /// would be counted for an event that had nothing to do with it. After each such event the turn is given back.
    package var wantsCautionTurn: Bool { turn != .unwanted }

    package mutating func grantCautionTurn(_ isGranted: Bool) { hasCautionTurn = isGranted }

    enum CautionTurn: Hashable, Sendable {
        case unwanted
        case awaited
        case used
    }

    /// Whether one is next whose event may end the process, and it is our turn. What is next is asked anew by `decide`.
    mutating func takeTurn() -> Bool {
        // The one before is given back first, so that whoever waits gets it.
        guard !mustYieldTurn else { return false }
        turn = hasCautionTurn ? .used : .awaited
        return hasCautionTurn
    }

    private func isSteppedThrough(_ partition: Partition) -> Bool { cautions[partition]?.pace == .events }

    // MARK: Beginning and end

    mutating func beCautious(_ takeovers: [Takeover], of holdings: [Holding]) {
        for takeover in takeovers {
            let partition = takeover.partition
            guard let holding = holdings.first(where: { $0.partition == partition }) else { continue }
            if !takeover.isOwn { retryCautions[partition] = settings.savepoints }
            // Ours from before the connection was lost: this process lives, and knows more than the table.
            if takeover.isOwn, cautions[partition] != nil { continue }
            guard let last = takeover.attempted, last > holding.checkpoint.position else {
                // Ours from an acquisition whose answer was lost: who had it before was never told.
                if takeover.isOwn, known.contains(partition) { continue }
                // Two rounds may have been under way.
                cautions[partition] = Caution(pace: .rounds, left: 2 * settings.batchSize)
                note(.countsRounds(partition))
                continue
            }
            let count = Int(last - holding.checkpoint.position)
            cautions[partition] = Caution(pace: .events, left: count)
            note(.stepsThrough(partition, count: count))
        }
    }

    mutating func forgetCaution(_ partition: Partition) {
        cautions[partition] = nil
        retryCautions[partition] = nil
        countedRetries[partition] = nil
    }

    /// These many have passed.
    mutating func relax(_ partition: Partition, by count: Int) {
        guard var caution = cautions[partition] else { return }
        caution.left -= count
        if caution.left > 0 {
            cautions[partition] = caution
        } else {
            // One that ends processes may be followed by more of its kind.
            cautions[partition] = caution.pace == .events ? Caution(pace: .rounds, left: settings.batchSize) : nil
        }
    }

    /// Nothing more is there: what ended the former owner's process was none of these.
    mutating func relax(_ partition: Partition, ifNothingIsIn batches: [WorkerInput.DeliveredBatch], _ now: Duration) {
        guard cautions[partition] != nil || retryCautions[partition] != nil,
            !batches.contains(where: { $0.partition == partition })
        else { return }
        cautions[partition] = nil
        if entry(partition)?.book?.nextDue.map({ $0 > now }) ?? true { retryCautions[partition] = nil }
    }

    // MARK: Reading

    /// What is read next, and how many events at most: all that is verified, but a partition that is stepped through only
    /// alone, by one event, in its turn; the others go on between.
    mutating func chooseReadable(_ now: Duration) -> (partitions: [Partition], count: Int) {
        var readable = held.filter { $0.phase == .reading && !isCatchingUp($0, now) }.map(\.holding.partition)
        if !cautions.isEmpty {
            let suspects = readable.filter(isSteppedThrough)
            readable.removeAll(where: isSteppedThrough)
            let next = suspects.first { suspect in lastStepped.map { suspect > $0 } ?? true } ?? suspects.first
            if let next, !hasJustStepped || readable.isEmpty, takeTurn() {
                hasJustStepped = true
                lastStepped = next
                return ([next], 1)
            }
        }
        hasJustStepped = false
        return (readable, max(1, settings.batchSize / max(1, readable.count)))
    }

    /// Whether held events of its are to be retried right now: where no brake forbids it, they come before what is new.
    private func isCatchingUp(_ held: Held, _ now: Duration) -> Bool {
        held.isDraining && brake.pulls == 0 && held.book?.nextDue.map { $0 <= now } ?? false
    }

    /// Whether there is a partition to step through: then no other read may block for long.
    var hasSuspects: Bool {
        !cautions.isEmpty && held.contains { $0.phase == .reading && isSteppedThrough($0.holding.partition) }
    }

    // MARK: Counting

    /// How the round at hand has to be run, whose partitions are known.
    mutating func planCaution() {
        guard !cautions.isEmpty else { return }
        let paces = round.work.compactMap { cautions[$0.partition]?.pace }
        guard !paces.isEmpty else { return }
        round.pace = paces.contains(.events) ? .events : .rounds
        guard round.pace == .events else { return }
        round.isCareful = true
        round.limit = 1
    }

    /// What has to be counted before the slices at hand are tried.
    func uncounted() -> [Attempt] {
        guard round.pace != nil else { return [] }
        return round.slices.compactMap { slice in
            guard let caution = cautions[slice.partition], !caution.hasCounted(slice.positions),
                let held = entry(slice.partition)
            else { return nil }
            return Attempt(held.holding, through: slice.positions.upperBound)
        }
    }

    /// - Parameter counts: How often each was attempted, this time included; nil: its epoch is another one.
    mutating func counted(_ counts: [Int?], of attempts: [Attempt]) -> WorkerAction {
        for (attempt, count) in zip(attempts, counts) {
            let partition = attempt.holding.partition
            guard let count else { return refuse(.fenced(partition)) }
            cautions[partition]?.counted = attempt.first...attempt.last
            cautions[partition]?.attempts = count
        }
        return openRound()
    }

    /// Of what may end the process, what has ended as many as it has attempts is a dead letter without being tried.
    mutating func presume() {
        guard round.pace == .events, let partition = round.slices.first?.partition,
            let attempts = cautions[partition]?.attempts, attempts > policy(partition).attempts
        else { return }
        round.presumed = Self.endsProcesses(attempts - 1)
        round.presumedAttempts = attempts - 1
    }

    static func endsProcesses(_ times: Int) -> EventFailure {
        EventFailure(.rejected, "its handler ended the process \(times) times")
    }
}
