/// A round from what a read has delivered to the acknowledgement: see `Round`.
extension WorkerProtocol {
    enum RoundStep: Sendable {
        case asked([LimitName])
        case counted([Attempt])
        case begun
        case occupied([LimitName])
        case handled
        /// An event of this partition.
        case tried(Partition)
        case parked
        case fenced(Int)
        case submitted
        case committed
        case rolledBack
    }

    // MARK: Planning

    /// Turns a read's answer into a round: only what follows the checkpoint without a gap is handled.
    mutating func plan(_ batches: [WorkerInput.DeliveredIDs], atMost count: Int, _ now: Duration) {
        round = Round(isFull: batches.contains { $0.ids.count >= count })
        for batch in batches {
            guard let held = held[batch.partition] else { continue }
            let checkpoint = checkpointToBe(held.holding)
            let stale = batch.ids.prefix { $0.position <= checkpoint.position && $0 <= checkpoint }
            let fresh = batch.ids.dropFirst(stale.count)
            // What is submitted is acknowledged when it has committed.
            let committed = stale.prefix { $0 <= held.holding.checkpoint }
            if !committed.isEmpty { round.acknowledge(batch.partition, Array(committed)) }
            let run = settings.verifiesBatches ? self.run(fresh, of: batch, after: checkpoint, held, now) : fresh
            let isCut = run.count < fresh.count || batch.isCutByForeignEntry
            if isCut { round.cut(batch.partition) }
            let keys = batch.keys.dropFirst(stale.count).prefix(run.count)
            guard round.add(batch.partition, run, keys) else {
                if isCut { mismatch(batch.partition, now) }
                continue
            }
            self.held.update(batch.partition) { $0.hasFoundNext(now) }
        }
        if !narrowings.isEmpty {
            for partition in round.narrow(by: narrowings) { held.update(partition) { $0.rewind() } }
        }
        if !limits.isEmpty, limits.isCareful(with: round.work.lazy.map(\.partition)) { round.goCarefully() }
        if let pace = cautions.pace(of: round.work.lazy.map(\.partition)) { round.go(at: pace) }
    }

    /// The longest prefix that follows the checkpoint with no gap, and with no entry that the relay may take out.
    private func run(
        _ ids: ArraySlice<EntryID>,
        of batch: WorkerInput.DeliveredIDs,
        after checkpoint: EntryID,
        _ held: HeldPartition,
        _ now: Duration
    ) -> ArraySlice<EntryID> {
        var previous = checkpoint
        let run = ids.prefix { id in
            guard id.position == previous.position + 1, id > previous, !isEarly(id, after: previous, held, now) else {
                return false
            }
            previous = id
            return true
        }
        // With an entry that may be taken out may go those before it that are ours only because of it.
        let doubtful = batch.unreadable.first { isEarly($0.follower, after: previous, held, now) }
        guard let doubtful else { return run }
        return run.prefix { $0.position < doubtful.positions.lowerBound }
    }

    // MARK: Steps

    mutating func beginRound(_ now: Duration) -> WorkerAction {
        guard !round.work.isEmpty else { return acknowledge() }
        round.takeSlices(savepoints: settings.savepoints)
        if !limits.isEmpty, let action = askForRound(now) { return action }
        return prepareRound()
    }

    mutating func prepareRound() -> WorkerAction {
        if !round.isCareful { setHeldAside() }
        let uncounted = uncounted()
        if !uncounted.isEmpty {
            awaiting = .round(.counted(uncounted))
            return .failures(.count(uncounted))
        }
        return openRound()
    }

    mutating func openRound() -> WorkerAction {
        presume()
        awaiting = .round(.begun)
        return .transaction(.begin)
    }

    mutating func continueRound(_ step: RoundStep, _ input: WorkerInput, _ now: Duration) -> WorkerAction {
        switch (step, input) {
        case (.counted(let attempts), .counted(let counts)):
            return counted(counts, of: attempts)
        case (.asked(let names), .allowed(let answers)):
            return continueAsking(names, answers, now)
        case (.begun, .done):
            if !limits.isEmpty, let action = occupy() { return action }
            return handleRound(now)
        case (.occupied(let names), .occupied(let slots)):
            return continueOccupying(names, slots, now)
        case (.handled, .done):
            hasBegunAll()
            return park()
        case (.handled, .handledInPart(let handled)):
            shortenRound(to: handled)
            return park()
        case (.tried, .done):
            round.sifting.succeed()
            return tryNext(now)
        case (.tried, .eventSkipped):
            return tryNext(now)
        case (.tried(let partition), .eventFailed(let failure)):
            fail(partition, failure, now)
            return tryNext(now)
        case (.parked, .done):
            return fence(0)
        case (.fenced(let index), .done):
            return fence(index + 1)
        case (.submitted, .done):
            return hasSubmitted(now)
        case (.committed, .committed):
            conclude(now)
            dropUnbegun()
            return beginRound(now)
        case (_, .refused(let refusal)):
            return submitted == nil ? refuse(refusal) : refuseLater(refusal)
        case (.rolledBack, .done):
            guard round.conflicts > 0, !round.work.isEmpty else { return goOn(now) }
            awaiting = .waited
            return .wait(settings.conflict.delay(after: round.conflicts, using: &random))
        default:
            preconditionFailure("\(input) does not answer \(step)")
        }
    }

    /// Who ends begins nothing again: the next owner does.
    mutating func dropUnbegun() {
        if isQuiet { round.dropWork() }
    }

    mutating func goOn(_ now: Duration) -> WorkerAction {
        dropUnbegun()
        if !round.isEmpty { return beginRound(now) }
        round = Round()
        return decide(now)
    }

    mutating func park() -> WorkerAction {
        let parkings = round.slices.compactMap { slice in
            round.sifting.parked[slice.partition].map {
                WorkerAction.Parking(partition: slice.partition, events: $0)
            }
        }
        guard !parkings.isEmpty else { return fence(0) }
        awaiting = .round(.parked)
        return .transaction(.park(parkings))
    }

    private mutating func fence(_ index: Int) -> WorkerAction {
        guard index < round.slices.count else {
            let isAhead = submitted != nil || mayBeSubmitted
            awaiting = .round(isAhead ? .submitted : .committed)
            return isAhead ? .transaction(.submit) : .transaction(.commit)
        }
        let slice = round.slices[index]
        guard let held = held[slice.partition], let last = round.lastID(of: slice) else {
            preconditionFailure("a round's slice is of a partition that is held")
        }
        awaiting = .round(.fenced(index))
        return .transaction(
            .fence(
                Fence(
                    partition: slice.partition,
                    epoch: held.holding.epoch,
                    from: checkpointToBe(held.holding).position,
                    to: last
                )
            )
        )
    }

    /// The round's transaction has committed.
    mutating func conclude(_ now: Duration) {
        for slice in round.slices {
            guard let done = round.conclude(slice) else { continue }
            let book = round.sifting.books[slice.partition]
            held.update(slice.partition) { $0.hasCommitted(done.last, book: book, isCut: done.isCut, now) }
            narrowings.widen(slice.partition, upTo: settings.batchSize)
            if !limits.isEmpty { limits.hasPassed(slice.partition) }
            cautions.pass(slice.partition, count: done.count, batch: settings.batchSize)
        }
        noteParked()
        for slice in round.slices { brake.hasCommitted(slice.partition) }
        if round.hasSucceeded, brake.release() { note(.brakeReleased) }
        letBrakeGo()
        round.hasCommitted()
    }

    private mutating func acknowledge() -> WorkerAction {
        let all = round.acknowledgements
        round = Round()
        awaiting = .acknowledged
        return .streams(.acknowledge(all))
    }

    // MARK: What a refusal leaves of the round

    mutating func refuse(_ refusal: WorkerInput.Refusal) -> WorkerAction {
        switch refusal {
        case .fenced(let partition):
            claims.reacquire()
            for lost in partition.map({ [$0] }) ?? round.slices.map(\.partition) {
                lose(lost)
                round.drop(lost)
            }
        case .conflict:
            round.hasConflicted()
            note(.conflict(attempt: round.conflicts))
        case .handler(let reason): round.hasFailed(reason)
        }
        awaiting = .round(.rolledBack)
        return .transaction(.rollback)
    }
}
