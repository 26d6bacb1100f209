/// A round: what one read delivered, handled and committed in one transaction, with a fence for each partition.
extension WorkerProtocol {
    struct Round: Sendable {
        /// What is to be handled, by partition. Each begins right after its partition's checkpoint.
        var slices: [WorkerAction.Slice] = []
        /// The ids of all that was delivered and verified, by partition, in order.
        var ids: [Partition: [EntryID]] = [:]
        /// Redelivered entries at or below the checkpoint: acknowledged with the round.
        var stale: [WorkerAction.Acknowledgement] = []
        /// Partitions of which more was delivered than is handled: they are read again from the checkpoint.
        var cut: Set<Partition> = []
        var conflicts = 0

        var isEmpty: Bool { slices.isEmpty && stale.isEmpty }
    }

    enum RoundStep: Sendable {
        case begun
        case handled
        case fenced(Int)
        case committed
        case rolledBack
    }

    // MARK: Planning

    /// Turns a read's answer into a round: only what follows the checkpoint without a gap is handled.
    mutating func plan(_ batches: [WorkerInput.DeliveredBatch], of partitions: [Partition], _ now: Duration) {
        round = Round()
        for batch in batches {
            guard let held = entry(batch.partition) else { continue }
            let checkpoint = held.holding.checkpoint
            let stale = batch.ids.prefix { $0.position <= checkpoint.position && $0 <= checkpoint }
            let fresh = batch.ids.dropFirst(stale.count)
            if !stale.isEmpty { round.stale.append(.init(partition: batch.partition, ids: Array(stale))) }
            let run = settings.verifiesBatches ? Self.run(fresh, after: checkpoint) : fresh
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
            round.slices.append(.init(partition: batch.partition, positions: first.position...last.position))
        }
    }

    /// The longest prefix that follows the checkpoint with no gap.
    private static func run(_ ids: ArraySlice<EntryID>, after checkpoint: EntryID) -> ArraySlice<EntryID> {
        var previous = checkpoint
        return ids.prefix { id in
            guard id.position == previous.position + 1, id > previous else { return false }
            previous = id
            return true
        }
    }

    // MARK: Steps

    mutating func beginRound() -> WorkerAction {
        guard !round.slices.isEmpty else { return acknowledge([]) }
        awaiting = .round(.begun)
        return .begin
    }

    mutating func continueRound(_ step: RoundStep, _ input: WorkerInput, _ now: Duration) -> WorkerAction {
        switch (step, input) {
        case (.begun, .done):
            awaiting = .round(.handled)
            return .handle(round.slices)
        case (.handled, .done):
            return fence(0)
        case (.fenced(let index), .done):
            return fence(index + 1)
        case (.committed, .committed):
            return finish(now)
        case (_, .refused(let refusal)):
            shrink(refusal, now)
            awaiting = .round(.rolledBack)
            return .rollback
        case (.rolledBack, .done):
            guard !round.slices.isEmpty else {
                if !round.stale.isEmpty { return acknowledge([]) }
                round = Round()
                return decide(now)
            }
            guard round.conflicts > 0 else { return beginRound() }
            awaiting = .waited
            return .wait(settings.conflict.delay(after: round.conflicts, using: &random))
        default:
            preconditionFailure("\(input) does not answer \(step)")
        }
    }

    private mutating func fence(_ index: Int) -> WorkerAction {
        guard index < round.slices.count else {
            awaiting = .round(.committed)
            return .commit
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
                from: held.holding.checkpoint.position,
                to: last
            )
        )
    }

    private func lastID(of slice: WorkerAction.Slice) -> EntryID? {
        round.ids[slice.partition]?.last { $0.position <= slice.positions.upperBound }
    }

    private mutating func finish(_ now: Duration) -> WorkerAction {
        var acknowledgements: [WorkerAction.Acknowledgement] = []
        for slice in round.slices {
            let ids = round.ids[slice.partition, default: []].prefix { $0.position <= slice.positions.upperBound }
            guard let last = ids.last else { continue }
            acknowledgements.append(.init(partition: slice.partition, ids: Array(ids)))
            let isCut = round.cut.contains(slice.partition)
            update(slice.partition) {
                $0.holding.checkpoint = last
                $0.verifiedAt = now
                $0.failures = 0
                if isCut { $0.phase = .rewinding }
            }
        }
        return acknowledge(acknowledgements)
    }

    private mutating func acknowledge(_ done: [WorkerAction.Acknowledgement]) -> WorkerAction {
        let all = round.stale + done
        round = Round()
        awaiting = .acknowledged
        return .acknowledge(all)
    }

    // MARK: What a refusal leaves of the round

    private mutating func shrink(_ refusal: WorkerInput.Refusal, _ now: Duration) {
        switch refusal {
        case .fenced(let partition):
            mustReacquire = true
            for lost in partition.map({ [$0] }) ?? round.slices.map(\.partition) {
                note(.fenced(lost))
                drop(lost)
                round.slices.removeAll { $0.partition == lost }
            }
        case .conflict:
            round.conflicts += 1
            note(.conflict(attempt: round.conflicts))
            for index in round.slices.indices { halve(index) }
        case .handler(let partition?, let position):
            guard let index = round.slices.firstIndex(where: { $0.partition == partition }) else { return }
            shrink(index, toBefore: position, now)
        case .handler(nil, _):
            let isSmallest = round.slices.count == 1 && round.slices[0].positions.count == 1
            if isSmallest {
                shrink(0, toBefore: round.slices[0].positions.lowerBound, now)
            } else if round.slices.count > 1 {
                // One partition a round tells whose event it is; drawn, so that none starves; the others are read again.
                let kept = round.slices[Int.random(in: round.slices.indices, using: &random)]
                for slice in round.slices where slice != kept { update(slice.partition) { $0.phase = .rewinding } }
                round.slices = [kept]
            } else {
                halve(0)
            }
        }
    }

    /// Keeps what is before the failing event; if that is nothing, the partition waits behind it.
    private mutating func shrink(_ index: Int, toBefore position: Position?, _ now: Duration) {
        let slice = round.slices[index]
        let first = slice.positions.lowerBound
        if let position, position > first {
            round.slices[index].positions = first...(position - 1)
            round.cut.insert(slice.partition)
        } else if position == nil, slice.positions.count > 1 {
            halve(index)
        } else {
            let failures = (entry(slice.partition)?.failures ?? 0) + 1
            let delay = settings.failing.delay(after: failures, using: &random)
            note(.handlerFailing(slice.partition, first, attempt: failures, retryIn: delay))
            update(slice.partition) {
                $0.failures = failures
                $0.phase = .failing(until: now + delay)
            }
            round.slices.remove(at: index)
        }
    }

    private mutating func halve(_ index: Int) {
        let positions = round.slices[index].positions
        guard positions.count > 1 else { return }
        round.slices[index].positions =
            positions.lowerBound...(positions.lowerBound + Position(positions.count / 2) - 1)
        round.cut.insert(round.slices[index].partition)
    }
}
