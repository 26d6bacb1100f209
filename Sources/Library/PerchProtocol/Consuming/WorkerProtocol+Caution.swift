/// How a worker goes about partitions whose former owner died: see `Caution`.
extension WorkerProtocol {
    // MARK: Beginning and end

    mutating func beCautious(_ takeovers: [Takeover], of holdings: [Holding]) {
        for takeover in takeovers {
            guard let holding = holdings.first(where: { $0.partition == takeover.partition }) else { continue }
            if !takeover.isOwn { retryCautions.begin(holding.partition, count: settings.savepoints) }
            if let notice = cautions.begin(takeover, of: holding, batch: settings.batchSize) { note(notice) }
        }
        cautions.know(holdings.lazy.map(\.partition))
    }

    mutating func forgetCaution(_ partition: Partition) {
        cautions.forget(partition)
        retryCautions.forget(partition)
    }

    /// Nothing more is there: what ended the former owner's process was none of these.
    mutating func relax(_ partition: Partition, ifNothingIsIn batches: [WorkerInput.DeliveredIDs], _ now: Duration) {
        guard !cautions.isEmpty || !retryCautions.isEmpty, !batches.contains(where: { $0.partition == partition })
        else { return }
        cautions.forget(partition)
        if held[partition]?.isRetryDue(now) != true { retryCautions.end(partition) }
    }

    // MARK: Reading

    /// What is read next: all that may be, but for what is stepped through. That is read alone, by one event, in its turn; the
    /// others go on between.
    mutating func chooseReadable(_ now: Duration) -> (partitions: [Partition], count: Int) {
        choose(
            among: held.filter { isReadable($0, now) && mayBeReadNow($0.partition, now) }.map(\.partition)
        )
    }

    /// As far as its limit goes.
    private func mayBeReadNow(_ partition: Partition, _ now: Duration) -> Bool {
        cautions.isSteppedThrough(partition)
            ? !limits.isWaiting(partition.topic, now) : !limits.isThrottled(partition.topic)
    }

    func isReadable(_ held: HeldPartition, _ now: Duration) -> Bool {
        held.phase == .reading && !isCatchingUp(held, now)
    }

    /// Of these.
    mutating func choose(among readable: [Partition]) -> (partitions: [Partition], count: Int) {
        let (suspect, together) = cautions.choose(among: readable)
        if let suspect, turn.take() {
            cautions.step(suspect)
            return ([suspect], 1)
        }
        cautions.step(nil)
        return (together, max(1, settings.batchSize / max(1, together.count)))
    }

    /// Whether held events of its are to be retried right now: where no brake forbids it, they come before what is new.
    private func isCatchingUp(_ held: HeldPartition, _ now: Duration) -> Bool {
        held.isDraining && !brake.isPulled && held.isRetryDue(now)
    }

    /// Whether there is a partition to step through: then no other read may block for long.
    func hasSuspects(_ now: Duration) -> Bool {
        !cautions.isEmpty
            && held.contains {
                $0.phase == .reading && cautions.isSteppedThrough($0.partition)
                    && !limits.isWaiting($0.partition.topic, now)
            }
    }

    // MARK: Counting

    /// What has to be counted before the slices at hand are tried.
    func uncounted() -> [Attempt] {
        guard round.pace != nil else { return [] }
        return round.slices.compactMap { slice in
            guard !cautions.hasCounted(slice.partition, slice.positions), let held = held[slice.partition] else {
                return nil
            }
            return Attempt(held.holding, through: slice.positions.upperBound)
        }
    }

    /// - Parameter counts: How often each was attempted, this time included; nil: its epoch is another one.
    mutating func counted(_ counts: [Int?], of attempts: [Attempt]) -> WorkerAction {
        for (attempt, count) in zip(attempts, counts) {
            guard let count else { return refuse(.fenced(attempt.holding.partition)) }
            cautions.count(attempt, count)
        }
        return openRound()
    }

    /// Of what may end the process, what has ended as many as it has attempts is a dead letter without being tried.
    mutating func presume() {
        guard round.pace == .events, let partition = round.slices.first?.partition,
            let attempts = cautions.attempts(partition), attempts > policy(partition).attempts
        else { return }
        round.presume(.init(failure: Self.endsProcesses(attempts - 1), attempts: attempts - 1))
    }

    static func endsProcesses(_ times: Int) -> EventFailure {
        EventFailure(.rejected, "its handler ended the process \(times) times")
    }
}
