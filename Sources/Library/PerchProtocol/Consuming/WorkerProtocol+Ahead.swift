/// Rounds overlap: while Postgres writes one, the next is read and sent behind it on the same connection, so that the server
/// does not wait for us. At most two are under way, and only while nothing else is due and nothing has failed.
///
/// The fence makes it safe. The later round moves a checkpoint only from where the earlier one leaves it: where that one does not
/// commit, it cannot either. Nothing is acknowledged, or taken for done, before its own COMMIT is answered.
extension WorkerProtocol {
    enum AheadStep: Sendable {
        /// Read while a round is submitted.
        case delivered([Partition], count: Int)
        /// Of the round that is submitted.
        case outcome
        /// Of the later round, once the earlier one is known to have been refused, and why.
        case laterOutcome(WorkerInput.Refusal)
        case acknowledged
    }

    /// Where the partition's checkpoint is when all that was sent has committed.
    func checkpointToBe(_ holding: Holding) -> EntryID {
        submitted?.lastID(of: holding.partition) ?? holding.checkpoint
    }

    /// Whether the round at hand is one that another may follow: whole, without failures, and with more to read behind it.
    var mayBeSubmitted: Bool { settings.readsAhead && limits.isEmpty && round.mayBeFollowed && narrowings.isEmpty }

    /// Whether `decide` would do nothing but read all that is held.
    private func mayReadAhead(_ now: Duration) -> Bool {
        guard !isQuiet, claims.isSettled(holding: held, now), cautions.isEmpty, retryCautions.isEmpty,
            narrowings.isEmpty, !brake.isPulled
        else { return false }
        return held.allSatisfy {
            $0.phase == .reading && !$0.isDraining && $0.book?.isEmpty == true && !needsSurvey($0)
                && !$0.needsLook(now, every: settings.verifyEvery) && !$0.needsSweep(now, every: settings.sweepEvery)
                && !claims.isLost($0.holding)
        }
    }

    // MARK: Steps

    mutating func hasSubmitted(_ now: Duration) -> WorkerAction {
        round.hasSubmitted()
        guard submitted == nil else { return awaitOutcome() }
        return goAhead(now)
    }

    /// The round at hand is submitted, and none before it: the next may be read.
    private mutating func goAhead(_ now: Duration) -> WorkerAction {
        let isFull = round.isFull
        submitted = round
        round = Round()
        guard isFull, mayReadAhead(now) else { return awaitOutcome() }
        let (readable, count) = chooseReadable(now)
        awaiting = .ahead(.delivered(readable, count: count))
        return .streams(.read(readable, count: count, block: .zero))
    }

    private mutating func awaitOutcome() -> WorkerAction {
        awaiting = .ahead(.outcome)
        return .transaction(.awaitOutcome)
    }

    /// The later round will not commit. What it has met may come of the earlier one: first that one's outcome.
    mutating func refuseLater(_ refusal: WorkerInput.Refusal) -> WorkerAction {
        round.hasBeenRefused(refusal)
        return awaitOutcome()
    }

    mutating func continueAhead(_ step: AheadStep, _ input: WorkerInput, _ now: Duration) -> WorkerAction {
        switch (step, input) {
        case (.delivered(let partitions, let count), .delivered(let batches, let unread)):
            connectionFailures = 0
            plan(batches, atMost: count, now)
            for partition in partitions { if let reason = unread[partition] { miss(partition, reason, now) } }
            dropUnbegun()
            guard round.work.isEmpty else { return beginRound(now) }
            submitted?.acknowledge(round.acknowledgements)
            round = Round()
            return awaitOutcome()
        case (.outcome, .committed): return concludeSubmitted(now)
        case (.outcome, .refused(let refusal)):
            guard round.outcome == .submitted else { return returnToSubmitted(refusal) }
            awaiting = .ahead(.laterOutcome(refusal))
            return .transaction(.awaitOutcome)
        case (.laterOutcome(let refusal), .committed):
            // It shares no partition with the refused one.
            conclude(now)
            submitted?.acknowledge(round.acknowledgements)
            round = Round()
            return returnToSubmitted(refusal)
        case (.laterOutcome(let refusal), .refused): return returnToSubmitted(refusal)
        case (.acknowledged, .done):
            if round.outcome == .submitted { return goAhead(now) }
            guard let refusal = round.takeRefusal() else { return decide(now) }
            return refuse(refusal)
        default: preconditionFailure("\(input) does not answer \(step)")
        }
    }

    private mutating func concludeSubmitted(_ now: Duration) -> WorkerAction {
        let later = round
        round = submitted ?? Round()
        submitted = nil
        conclude(now)
        let acknowledgements = round.acknowledgements
        round = later
        awaiting = .ahead(.acknowledged)
        return .streams(.acknowledge(acknowledgements))
    }

    /// The earlier round was refused and is handled again; the later one is read again when that is through.
    private mutating func returnToSubmitted(_ refusal: WorkerInput.Refusal) -> WorkerAction {
        let later = round
        for slice in later.work { held.update(slice.partition) { $0.rewind() } }
        round = submitted ?? Round()
        submitted = nil
        round.acknowledge(later.acknowledgements)
        round.reopen()
        return refuse(refusal)
    }
}
