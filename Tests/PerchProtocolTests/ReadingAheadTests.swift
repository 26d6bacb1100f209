import PerchProtocol
import Testing

/// Rounds that overlap: one is being committed while the next is read and sent.
struct ReadingAheadTests {
    let partition = Partition("tickets", 0)
    let other = Partition("tickets", 1)

    func id(_ position: Position) -> EntryID { EntryID(milliseconds: 100, position: position) }

    func holding(_ partition: Partition, _ position: Position) -> Holding {
        Holding(partition: partition, epoch: Epoch(rawValue: 1), checkpoint: position == 0 ? .zero : id(position))
    }

    func slice(_ partition: Partition, _ positions: ClosedRange<Position>) -> WorkerAction.Slice {
        .init(partition: partition, positions: positions)
    }

    func batch(_ partition: Partition, _ positions: Position...) -> WorkerInput.DeliveredIDs {
        .init(partition: partition, ids: positions.map(id), keys: positions.map { "\($0)" })
    }

    func fence(_ partition: Partition, from: Position, to: Position) -> Fence {
        Fence(partition: partition, epoch: Epoch(rawValue: 1), from: from, to: id(to))
    }

    /// A worker that reads at most two events of each of these partitions, and is about to.
    func reading(_ partitions: [Partition], heads: [FailureSurvey.Head] = []) -> WorkerProtocol {
        var settings = WorkerProtocol.Settings()
        settings.batchSize = 2 * partitions.count
        var machine = WorkerProtocol(settings: settings, seed: 7)
        machine.observe(LeaseView(share: .whole(partitions.count), claimable: .whole(partitions.count), connection: 1))
        _ = machine.next(.done, at: .zero)
        machine.observe(LeaseView(share: .whole(partitions.count), connection: 1))
        _ = machine.next(.acquired(partitions.map { holding($0, 0) }), at: .zero)
        var action = machine.next(
            .surveyed(partitions.map { FailureSurvey(partition: $0, revision: 0, heads: heads) }),
            at: .zero
        )
        while case .streams(.rewind) = action { action = machine.next(.done, at: .zero) }
        guard case .streams(.read) = action else {
            Issue.record("expected to read, got \(action)")
            return machine
        }
        return machine
    }

    /// The same, with a full round of `partition` submitted and the next one asked for.
    func submitted(_ partitions: [Partition]) -> WorkerProtocol {
        var machine = reading(partitions)
        #expect(machine.next(.delivered([batch(partition, 1, 2)]), at: .zero) == .transaction(.begin))
        #expect(machine.next(.done, at: .zero) == .transaction(.handle([slice(partition, 1...2)])))
        #expect(machine.next(.done, at: .zero) == .transaction(.fence(fence(partition, from: 0, to: 2))))
        #expect(machine.next(.done, at: .zero) == .transaction(.submit))
        #expect(machine.next(.done, at: .zero) == .streams(.read(partitions, count: 2, block: .zero)))
        return machine
    }

    /// The same, with a second round submitted behind it.
    func twoSubmitted(_ second: Partition, _ partitions: [Partition]) -> WorkerProtocol {
        var machine = submitted(partitions)
        let from: Position = second == partition ? 2 : 0
        #expect(machine.next(.delivered([batch(second, from + 1, from + 2)]), at: .zero) == .transaction(.begin))
        #expect(machine.next(.done, at: .zero) == .transaction(.handle([slice(second, (from + 1)...(from + 2))])))
        #expect(machine.next(.done, at: .zero) == .transaction(.fence(fence(second, from: from, to: from + 2))))
        #expect(machine.next(.done, at: .zero) == .transaction(.submit))
        #expect(machine.next(.done, at: .zero) == .transaction(.awaitOutcome))
        return machine
    }

    @Test func theNextRoundIsFencedFromWhereTheOneBeforeLeavesTheCheckpoint() {
        var machine = twoSubmitted(partition, [partition])
        #expect(machine.holdings == [holding(partition, 0)], "nothing is taken for committed")
        #expect(
            machine.next(.committed, at: .zero)
                == .streams(.acknowledge([.init(partition: partition, ids: [id(1), id(2)])]))
        )
        #expect(machine.holdings == [holding(partition, 2)])
        #expect(machine.next(.done, at: .zero) == .streams(.read([partition], count: 2, block: .zero)))
    }

    @Test func aRoundThatIsNotFullIsCommittedAtOnce() {
        var machine = reading([partition])
        #expect(machine.next(.delivered([batch(partition, 1)]), at: .zero) == .transaction(.begin))
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.done, at: .zero)
        #expect(machine.next(.done, at: .zero) == .transaction(.commit))
    }

    @Test func whereNothingMoreIsThereTheOutcomeIsAwaited() {
        var machine = submitted([partition])
        #expect(machine.next(.delivered([]), at: .zero) == .transaction(.awaitOutcome))
        _ = machine.next(.committed, at: .zero)
        guard case .streams(.read([partition], _, let block)) = machine.next(.done, at: .zero) else {
            Issue.record("it reads on")
            return
        }
        #expect(block > .zero, "and now it may wait")
    }

    @Test func aRefusedRoundIsHandledAgainAndTheOneBehindItReadAgain() {
        var machine = twoSubmitted(partition, [partition])
        #expect(machine.next(.refused(.handler(reason: "of the first")), at: .zero) == .transaction(.awaitOutcome))
        #expect(machine.next(.refused(.fenced(partition)), at: .zero) == .transaction(.rollback))
        #expect(machine.next(.done, at: .zero) == .transaction(.begin))
        #expect(
            machine.next(.done, at: .zero) == .transaction(.attempt(partition, 1)),
            "event by event, and still held"
        )
        _ = machine.next(.done, at: .zero)
        #expect(machine.next(.done, at: .zero) == .transaction(.fence(fence(partition, from: 0, to: 2))))
        #expect(machine.next(.done, at: .zero) == .transaction(.commit))
        _ = machine.next(.committed, at: .zero)
        #expect(machine.next(.done, at: .zero) == .streams(.rewind(partition, to: id(2))))
    }

    @Test func aLaterRoundOfOtherPartitionsMayCommitWhereTheOneBeforeIsRefused() {
        var machine = twoSubmitted(other, [partition, other])
        #expect(machine.next(.refused(.conflict), at: .zero) == .transaction(.awaitOutcome))
        #expect(machine.next(.committed, at: .zero) == .transaction(.rollback))
        #expect(Set(machine.holdings) == [holding(partition, 0), holding(other, 2)])
    }

    @Test func whatTheLaterRoundMetCountsOnlyOnceTheOneBeforeHasCommitted() {
        var machine = submitted([partition])
        _ = machine.next(.delivered([batch(partition, 3, 4)]), at: .zero)
        _ = machine.next(.done, at: .zero)
        #expect(machine.next(.refused(.handler(reason: "of the second")), at: .zero) == .transaction(.awaitOutcome))
        _ = machine.next(.committed, at: .zero)
        #expect(machine.next(.done, at: .zero) == .transaction(.rollback))
        #expect(machine.next(.done, at: .zero) == .transaction(.begin))
        #expect(machine.next(.done, at: .zero) == .transaction(.attempt(partition, 3)))
    }

    @Test func whatTheLaterRoundMetIsForgottenWhereTheOneBeforeIsRefused() {
        var machine = submitted([partition])
        _ = machine.next(.delivered([batch(partition, 3, 4)]), at: .zero)
        _ = machine.next(.done, at: .zero)
        #expect(machine.next(.refused(.handler(reason: "of the second")), at: .zero) == .transaction(.awaitOutcome))
        #expect(machine.next(.refused(.handler(reason: "of the first")), at: .zero) == .transaction(.rollback))
        #expect(machine.next(.done, at: .zero) == .transaction(.begin))
        #expect(machine.next(.done, at: .zero) == .transaction(.attempt(partition, 1)))
    }

    @Test func aLostConnectionMakesBothRoundsSmaller() {
        var machine = twoSubmitted(partition, [partition])
        #expect(machine.next(.failed, at: .zero) == .disconnect)
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.done, at: .seconds(1))
        machine.observe(LeaseView(share: 1, connection: 1))
        _ = machine.next(.acquired([holding(partition, 0)]), at: .seconds(1))
        _ = machine.next(.surveyed([FailureSurvey(partition: partition, revision: 0, heads: [])]), at: .seconds(1))
        _ = machine.next(.done, at: .seconds(1))
        #expect(machine.next(.delivered([batch(partition, 1, 2)]), at: .seconds(1)) == .transaction(.begin))
        #expect(machine.next(.done, at: .seconds(1)) == .transaction(.attempt(partition, 1)))
    }

    @Test func aWorkerThatEndsReadsNoFurther() {
        var machine = twoSubmitted(partition, [partition])
        machine.quiet()
        _ = machine.next(.committed, at: .zero)
        #expect(machine.next(.done, at: .zero) == .transaction(.awaitOutcome))
        _ = machine.next(.committed, at: .zero)
        #expect(machine.next(.done, at: .zero) == .leases(.release([holding(partition, 4)])))
    }

    @Test func aWorkerThatEndsCommitsWhatItHasHandledBehindARoundThatIsSubmitted() {
        var machine = submitted([partition])
        #expect(machine.next(.delivered([batch(partition, 3, 4)]), at: .zero) == .transaction(.begin))
        #expect(machine.next(.done, at: .zero) == .transaction(.handle([slice(partition, 3...4)])))
        machine.quiet()
        #expect(
            machine.next(.handledInPart([partition: 3]), at: .zero)
                == .transaction(.fence(fence(partition, from: 2, to: 3)))
        )
        #expect(machine.next(.done, at: .zero) == .transaction(.submit))
        #expect(machine.next(.done, at: .zero) == .transaction(.awaitOutcome))
        _ = machine.next(.committed, at: .zero)
        #expect(machine.next(.done, at: .zero) == .transaction(.awaitOutcome))
        #expect(
            machine.next(.committed, at: .zero) == .streams(.acknowledge([.init(partition: partition, ids: [id(3)])]))
        )
        #expect(machine.next(.done, at: .zero) == .leases(.release([holding(partition, 3)])))
    }

    @Test func aWorkerThatEndsBeginsNothingBehindARoundThatIsSubmitted() {
        var machine = submitted([partition])
        machine.quiet()
        #expect(machine.next(.delivered([batch(partition, 3, 4)]), at: .zero) == .transaction(.awaitOutcome))
        _ = machine.next(.committed, at: .zero)
        #expect(machine.next(.done, at: .zero) == .leases(.release([holding(partition, 2)])))
    }

    @Test func whileSomethingHasFailedRoundsDoNotOverlap() {
        var machine = reading([partition], heads: [.init(key: "9", due: .seconds(60))])
        #expect(machine.next(.delivered([batch(partition, 1, 2)]), at: .zero) == .transaction(.begin))
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.done, at: .zero)
        #expect(machine.next(.done, at: .zero) == .transaction(.submit))
        #expect(machine.next(.done, at: .zero) == .transaction(.awaitOutcome))
    }

    /// The shell has the events of two reads: of a round whose rest was submitted again, it would not have them any more.
    @Test func whatIsLeftOfARefusedRoundIsCommittedBeforeAnythingIsRead() {
        var machine = submitted([partition])
        #expect(machine.next(.delivered([]), at: .zero) == .transaction(.awaitOutcome))
        #expect(machine.next(.refused(.conflict), at: .zero) == .transaction(.rollback))
        guard case .wait = machine.next(.done, at: .zero) else {
            Issue.record("after a conflict it waits a moment")
            return
        }
        for position in Position(1)...2 {
            #expect(machine.next(position == 1 ? .done : .committed, at: .zero) == .transaction(.begin))
            #expect(machine.next(.done, at: .zero) == .transaction(.handle([slice(partition, position...position)])))
            _ = machine.next(.done, at: .zero)
            #expect(machine.next(.done, at: .zero) == .transaction(.commit))
        }
    }

    @Test func whatIsSubmittedAndDeliveredAgainIsNotAcknowledgedBeforeItHasCommitted() {
        var machine = submitted([partition])
        #expect(machine.next(.delivered([batch(partition, 1, 2)]), at: .zero) == .transaction(.awaitOutcome))
        #expect(machine.next(.refused(.fenced(partition)), at: .zero) == .transaction(.rollback))
        if case .streams(.acknowledge(let acknowledgements)) = machine.next(.done, at: .zero) {
            Issue.record("nothing has committed, and \(acknowledgements) is acknowledged")
        }
    }
}
