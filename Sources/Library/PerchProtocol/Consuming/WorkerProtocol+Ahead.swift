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
        /// Of the later round, once the earlier one is known to have been refused.
        case laterOutcome
        case acknowledged
    }

    /// Where the partition's checkpoint is when all that was sent has committed.
    func checkpointToBe(_ holding: Holding) -> EntryID {
        submitted?.ids[holding.partition]?.last ?? holding.checkpoint
    }

    /// Whether the round at hand is one that another may follow: whole, without failures, and with more to read behind it.
    var mayBeSubmitted: Bool {
        settings.readsAhead && round.isFull && round.slices == round.work && round.cut.isEmpty && !round.isCareful
            && round.pace == nil && round.sifting.parked.isEmpty && narrowings.isEmpty
    }

    /// Whether `decide` would do nothing but read all that is held.
    private func mayReadAhead(_ now: Duration) -> Bool {
        let isOverdrawn = view.share > 0 && held.count > view.share
        guard !isQuiet, !mustReacquire, !mustReadAnew, !mayClaim(now), !isOverdrawn,
            cautions.isEmpty, retryCautions.isEmpty, narrowings.isEmpty, brake.pulls == 0
        else { return false }
        return held.allSatisfy {
            $0.phase == .reading && !$0.isDraining && $0.book?.isEmpty == true && !needsSurvey($0)
                && !needsLook($0, now) && !needsSweep($0, now) && !isLost($0.holding)
        }
    }

    // MARK: Steps

    mutating func hasSubmitted(_ now: Duration) -> WorkerAction {
        round.isSubmitted = true
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
        return .read(readable, count: count, block: .zero)
    }

    private mutating func awaitOutcome() -> WorkerAction {
        awaiting = .ahead(.outcome)
        return .awaitOutcome
    }

    /// The later round will not commit. What it has met may come of the earlier one: first that one's outcome.
    mutating func refuseLater(_ refusal: WorkerInput.Refusal) -> WorkerAction {
        round.refusal = refusal
        return awaitOutcome()
    }

    mutating func continueAhead(_ step: AheadStep, _ input: WorkerInput, _ now: Duration) -> WorkerAction {
        switch (step, input) {
        case (.delivered(let partitions, let count), .delivered(let batches, let unread)):
            connectionFailures = 0
            plan(batches, atMost: count, now)
            for partition in partitions { if let reason = unread[partition] { miss(partition, reason, now) } }
            dropUnbegun()
            guard round.work.isEmpty else { return beginRound() }
            submitted?.acknowledgements += round.acknowledgements
            round = Round()
            return awaitOutcome()
        case (.outcome, .committed): return concludeSubmitted(now)
        case (.outcome, .refused(let refusal)):
            submitted?.refusal = refusal
            guard round.isSubmitted else { return returnToRefused() }
            awaiting = .ahead(.laterOutcome)
            return .awaitOutcome
        case (.laterOutcome, .committed):
            // It shares no partition with the refused one.
            conclude(now)
            submitted?.acknowledgements += round.acknowledgements
            round = Round()
            return returnToRefused()
        case (.laterOutcome, .refused): return returnToRefused()
        case (.acknowledged, .done):
            if round.isSubmitted { return goAhead(now) }
            guard let refusal = round.refusal else { return decide(now) }
            round.refusal = nil
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
        return .acknowledge(acknowledgements)
    }

    /// The earlier round has not committed and is handled again; the later one is read again when that is through.
    private mutating func returnToRefused() -> WorkerAction {
        guard var refused = submitted, let refusal = refused.refusal else {
            preconditionFailure("no round was refused")
        }
        for slice in round.work { update(slice.partition) { $0.phase = .rewinding } }
        refused.acknowledgements += round.acknowledgements
        refused.isSubmitted = false
        // What is left of it is no whole read, and nothing is read before it is through: the shell keeps two reads.
        refused.isFull = false
        refused.refusal = nil
        round = refused
        submitted = nil
        return refuse(refusal)
    }
}
