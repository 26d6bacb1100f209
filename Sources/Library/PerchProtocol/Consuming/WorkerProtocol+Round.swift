/// A round: what one read delivered, handled and committed in one transaction, with a fence for each partition.
extension WorkerProtocol {
    struct Round: Sendable {
        /// What is still to be handled, by partition, what is in the open transaction included.
        var work: [WorkerAction.Slice] = []
        /// What the open transaction handles. Each begins right after its partition's checkpoint.
        var slices: [WorkerAction.Slice] = []
        /// The ids of all that was delivered and verified, by partition, in order; and their keys.
        var ids: [Partition: [EntryID]] = [:]
        var keys: [Partition: EventKeys] = [:]
        /// What is acknowledged when the round is over: what was redelivered, and what was committed.
        var acknowledgements: [WorkerAction.Acknowledgement] = []
        /// Partitions of which more was delivered than is handled: they are read again from the checkpoint.
        var cut: Set<Partition> = []
        var conflicts = 0
        /// Conflicts in a row of a transaction with one event.
        var conflictsAlone = 0
        /// The most events in a transaction.
        var limit = Int.max
        /// A handler has failed: event by event.
        var isCareful = false
        /// Why the only event of the next transaction has failed, known without running its handler.
        var presumed: EventFailure?
        /// How often it was tried, where that is known.
        var presumedAttempts = 0
        /// Each attempt is counted before.
        var pace: Caution.Pace?
        var sifting = Sifting()
        /// Some partition gave as much as was asked for: there is more.
        var isFull = false
        /// Its COMMIT is sent.
        var isSubmitted = false
        /// Why it will not commit, while it is not known whether the round before has.
        var refusal: WorkerInput.Refusal?

        var isEmpty: Bool { work.isEmpty && acknowledgements.isEmpty }
        var count: Int { slices.reduce(0) { $0 + $1.positions.count } }

        /// The ids of a slice; mostly it is all that was delivered.
        func ids(of slice: WorkerAction.Slice) -> [EntryID] {
            let all = ids[slice.partition, default: []]
            guard let first = all.first, let last = all.last else { return [] }
            let isWhole = slice.positions.contains(first.position) && slice.positions.contains(last.position)
            return isWhole ? all : all.filter { slice.positions.contains($0.position) }
        }
    }

    enum RoundStep: Sendable {
        case counted([Attempt])
        case begun
        case handled
        case tried(Partition, Position)
        case parked
        case fenced(Int)
        case submitted
        case committed
        case rolledBack
    }

    // MARK: Planning

    /// Turns a read's answer into a round: only what follows the checkpoint without a gap is handled.
    mutating func plan(_ batches: [WorkerInput.DeliveredBatch], atMost count: Int, _ now: Duration) {
        round = Round()
        round.isFull = batches.contains { $0.ids.count >= count }
        for batch in batches {
            guard let held = entry(batch.partition) else { continue }
            let checkpoint = checkpointToBe(held.holding)
            let stale = batch.ids.prefix { $0.position <= checkpoint.position && $0 <= checkpoint }
            let fresh = batch.ids.dropFirst(stale.count)
            // What is submitted is acknowledged when it has committed.
            let committed = stale.prefix { $0 <= held.holding.checkpoint }
            if !committed.isEmpty {
                round.acknowledgements.append(.init(partition: batch.partition, ids: Array(committed)))
            }
            let run = settings.verifiesBatches ? self.run(fresh, after: checkpoint, of: held, now) : fresh
            if run.count < fresh.count || batch.isCutByForeignEntry { round.cut.insert(batch.partition) }
            guard let first = run.first, let last = run.last, first.position <= last.position else {
                if round.cut.contains(batch.partition) { mismatch(batch.partition, now) }
                continue
            }
            update(batch.partition) {
                $0.looks = 0
                $0.verifiedAt = now
            }
            round.ids[batch.partition] = Array(run)
            round.keys[batch.partition] = batch.keys.dropFirst(stale.count).prefix(run.count)
            round.work.append(.init(partition: batch.partition, positions: first.position...last.position))
        }
        if !narrowings.isEmpty { narrow() }
        planCaution()
    }

    /// After a loss the round is smaller; where it is one event, alone, so that a further loss tells whose it is.
    private mutating func narrow() {
        if let alone = round.work.first(where: { narrowings[$0.partition]?.limit == 1 }) {
            for slice in round.work where slice != alone { update(slice.partition) { $0.phase = .rewinding } }
            round.work = [alone]
            round.isCareful = true
        }
        for index in round.work.indices {
            let slice = round.work[index]
            guard let limit = narrowings[slice.partition]?.limit, limit < slice.positions.count else { continue }
            let first = slice.positions.lowerBound
            round.work[index].positions = first...(first + Position(limit) - 1)
            round.cut.insert(slice.partition)
        }
    }

    /// The longest prefix that follows the checkpoint with no gap, and with no entry that the relay may take out.
    private func run(
        _ ids: ArraySlice<EntryID>,
        after checkpoint: EntryID,
        of held: Held,
        _ now: Duration
    ) -> ArraySlice<EntryID> {
        var previous = checkpoint
        return ids.prefix { id in
            guard id.position == previous.position + 1, id > previous, !isEarly(id, after: previous, held, now) else {
                return false
            }
            previous = id
            return true
        }
    }

    // MARK: Steps

    mutating func beginRound() -> WorkerAction {
        guard !round.work.isEmpty else { return acknowledge() }
        takeFromWork()
        let uncounted = uncounted()
        if !uncounted.isEmpty {
            awaiting = .round(.counted(uncounted))
            return .count(uncounted)
        }
        return openRound()
    }

    mutating func openRound() -> WorkerAction {
        presume()
        awaiting = .round(.begun)
        return .begin
    }

    private mutating func takeFromWork() {
        var left = round.isCareful ? min(round.limit, settings.savepoints) : round.limit
        round.slices = []
        for slice in round.work where left > 0 {
            let first = slice.positions.lowerBound
            let count = min(left, slice.positions.count)
            left -= count
            round.slices.append(.init(partition: slice.partition, positions: first...(first + Position(count) - 1)))
        }
        round.sifting = Sifting()
        if round.isCareful { listEvents() } else { setHeldAside() }
    }

    mutating func continueRound(_ step: RoundStep, _ input: WorkerInput, _ now: Duration) -> WorkerAction {
        switch (step, input) {
        case (.counted(let attempts), .counted(let counts)):
            return counted(counts, of: attempts)
        case (.begun, .done):
            if round.isCareful { return tryNext(now) }
            awaiting = .round(.handled)
            return .handle(round.slices)
        case (.handled, .done):
            return park()
        case (.handled, .handledInPart(let handled)):
            shorten(to: handled)
            return park()
        case (.tried, .done):
            round.sifting.outcomes.succeeded += 1
            return tryNext(now)
        case (.tried, .eventSkipped):
            return tryNext(now)
        case (.tried(let partition, let position), .eventFailed(let failure)):
            fail(partition, position, failure, now)
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
            return beginRound()
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

    /// What is past these positions was not begun; also what is held there waits for the next owner.
    mutating func shorten(to handled: [Partition: Position]) {
        round.slices = round.slices.compactMap { slice in
            guard let last = handled[slice.partition], last >= slice.positions.lowerBound else { return nil }
            var slice = slice
            slice.positions = slice.positions.lowerBound...last
            slice.held = slice.held.filter { $0 <= last }
            return slice
        }
        for (partition, parked) in round.sifting.parked {
            guard let last = handled[partition] else {
                round.sifting.parked[partition] = nil
                continue
            }
            round.sifting.parked[partition] = parked.filter { $0.position <= last }
        }
        round.sifting.parked = round.sifting.parked.filter { !$0.value.isEmpty }
    }

    /// Who ends begins nothing again: the next owner does.
    mutating func dropUnbegun() {
        if isQuiet { round.work = [] }
    }

    private mutating func goOn(_ now: Duration) -> WorkerAction {
        dropUnbegun()
        if !round.isEmpty { return beginRound() }
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
        return .park(parkings)
    }

    private mutating func fence(_ index: Int) -> WorkerAction {
        guard index < round.slices.count else {
            let isAhead = submitted != nil || mayBeSubmitted
            awaiting = .round(isAhead ? .submitted : .committed)
            return isAhead ? .submit : .commit
        }
        let slice = round.slices[index]
        guard let held = entry(slice.partition), let last = lastID(of: slice) else {
            preconditionFailure("a round's slice is of a partition that is held")
        }
        awaiting = .round(.fenced(index))
        return .fence(
            Fence(
                partition: slice.partition,
                epoch: held.holding.epoch,
                from: checkpointToBe(held.holding).position,
                to: last
            )
        )
    }

    private func lastID(of slice: WorkerAction.Slice) -> EntryID? {
        round.ids[slice.partition]?.last { $0.position <= slice.positions.upperBound }
    }

    /// The round's transaction has committed.
    mutating func conclude(_ now: Duration) {
        for slice in round.slices {
            let ids = round.ids(of: slice)
            guard let last = ids.last else {
                round.work.removeAll { $0.partition == slice.partition }
                continue
            }
            round.acknowledgements.append(.init(partition: slice.partition, ids: ids))
            round.work.removeAll { $0.partition == slice.partition && $0.positions.upperBound <= last.position }
            if let index = round.work.firstIndex(where: { $0.partition == slice.partition }) {
                round.work[index].positions = (last.position + 1)...round.work[index].positions.upperBound
            }
            let isCut =
                round.cut.contains(slice.partition) && !round.work.contains { $0.partition == slice.partition }
            let book = round.sifting.books[slice.partition]
            update(slice.partition) {
                $0.holding.checkpoint = last
                $0.verifiedAt = now
                if let book { $0.book = book }
                if isCut { $0.phase = .rewinding }
            }
            widen(slice.partition)
            relax(slice.partition, by: ids.count)
        }
        noteParked()
        for slice in round.slices { braked.remove(slice.partition) }
        if succeeded, brake.release() { note(.brakeReleased) }
        letBrakeGo()
        round.conflictsAlone = 0
        if round.presumed != nil {
            round.presumed = nil
            round.presumedAttempts = 0
            round.limit = round.pace == .events ? 1 : .max
        }
    }

    /// Whether some handler has run to its end.
    private var succeeded: Bool {
        round.isCareful
            ? round.sifting.outcomes.succeeded > 0 : round.slices.contains { $0.held.count < $0.positions.count }
    }

    private mutating func acknowledge() -> WorkerAction {
        let all = round.acknowledgements
        round = Round()
        awaiting = .acknowledged
        return .acknowledge(all)
    }

    // MARK: What a refusal leaves of the round

    /// As many conflicts in a row at one event alone, with up to 200 ms between, say that it is its handler's error.
    static let mostConflicts = 10

    mutating func refuse(_ refusal: WorkerInput.Refusal) -> WorkerAction {
        shrink(refusal)
        awaiting = .round(.rolledBack)
        return .rollback
    }

    private mutating func shrink(_ refusal: WorkerInput.Refusal) {
        switch refusal {
        case .fenced(let partition):
            mustReacquire = true
            for lost in partition.map({ [$0] }) ?? round.slices.map(\.partition) {
                note(.fenced(lost))
                drop(lost)
                forgetCaution(lost)
                round.work.removeAll { $0.partition == lost }
            }
        case .conflict:
            round.conflicts += 1
            note(.conflict(attempt: round.conflicts))
            round.conflictsAlone = round.count == 1 ? round.conflictsAlone + 1 : 0
            round.limit = max(1, round.count / 2)
            guard round.conflictsAlone >= Self.mostConflicts, round.presumed == nil else { return }
            round.isCareful = true
            round.presumed = EventFailure(
                .failed,
                "its transaction met a conflict \(Self.mostConflicts) times in a row, alone: a deadlock, a lock timeout, out of memory"
            )
        case .handler(let reason):
            if !round.isCareful {
                round.isCareful = true
            } else if round.count > 1 {
                // Only COMMIT has told: of which event, smaller rounds tell.
                round.limit = max(1, round.count / 2)
            } else if round.presumed == nil {
                round.limit = 1
                round.presumed = EventFailure(.failed, reason)
            } else {
                round.conflicts += 1
            }
        }
    }
}
