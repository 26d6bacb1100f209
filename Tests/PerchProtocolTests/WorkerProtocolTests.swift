import PerchProtocol
import Testing

struct WorkerProtocolTests {
    let partition = Partition("tickets", 0)
    let other = Partition("tickets", 1)

    func id(_ position: Position) -> EntryID { EntryID(milliseconds: 100, position: position) }

    func holding(_ position: Position, epoch: Int64 = 1) -> Holding {
        Holding(
            partition: partition,
            epoch: Epoch(rawValue: epoch),
            checkpoint: position == 0 ? .zero : id(position)
        )
    }

    /// A worker that holds the partition at this checkpoint, has rewound and is about to read.
    func reading(
        at position: Position,
        heads: [FailureSurvey.Head] = [],
        _ change: (inout WorkerProtocol.Settings) -> Void = { _ in }
    ) -> WorkerProtocol {
        var settings = WorkerProtocol.Settings()
        change(&settings)
        var machine = WorkerProtocol(settings: settings, seed: 7)
        machine.observe(LeaseView(share: 1, claimable: 1, connection: 1))
        #expect(machine.next(.done, at: .zero) == .leases(.acquire(limit: 1, keeping: [])))
        let held = holding(position)
        #expect(machine.next(.acquired([held]), at: .zero) == .failures(.survey([held])))
        #expect(machine.next(surveyed(heads), at: .zero) == .streams(.rewind(partition, to: held.checkpoint)))
        guard case .streams(.read) = machine.next(.done, at: .zero) else {
            Issue.record("a rewound partition is read")
            return machine
        }
        return machine
    }

    func surveyed(_ heads: [FailureSurvey.Head] = [], _ partitions: [Partition]? = nil) -> WorkerInput {
        .surveyed((partitions ?? [partition]).map { FailureSurvey(partition: $0, revision: 0, heads: heads) })
    }

    /// Each event has its position as its key, unless said otherwise.
    func delivered(_ positions: Position..., keys: [String]? = nil, foreign: Bool = false) -> WorkerInput {
        .delivered([
            .init(
                partition: partition,
                ids: positions.map(id),
                keys: keys ?? positions.map { "\($0)" },
                isCutByForeignEntry: foreign
            )
        ])
    }

    @Test func aRoundIsHandledFencedCommittedAndOnlyThenAcknowledged() {
        var machine = reading(at: 3)
        #expect(machine.next(delivered(4, 5), at: .zero) == .transaction(.begin))
        #expect(
            machine.next(.done, at: .zero) == .transaction(.handle([.init(partition: partition, positions: 4...5)]))
        )
        let fence = Fence(partition: partition, epoch: Epoch(rawValue: 1), from: 3, to: id(5))
        #expect(machine.next(.done, at: .zero) == .transaction(.fence(fence)))
        #expect(machine.next(.done, at: .zero) == .transaction(.commit))
        #expect(
            machine.next(.committed, at: .zero)
                == .streams(.acknowledge([.init(partition: partition, ids: [id(4), id(5)])]))
        )
        #expect(machine.holdings.map(\.checkpoint) == [id(5)])
    }

    @Test func redeliveredEntriesAreAcknowledgedAndNotHandled() {
        var machine = reading(at: 3)
        #expect(
            machine.next(delivered(2, 3), at: .zero)
                == .streams(.acknowledge([.init(partition: partition, ids: [id(2), id(3)])]))
        )
    }

    @Test func aBatchWithAGapIsHandledUpToTheGap() {
        var machine = reading(at: 3)
        #expect(machine.next(delivered(4, 6), at: .zero) == .transaction(.begin))
        #expect(
            machine.next(.done, at: .zero) == .transaction(.handle([.init(partition: partition, positions: 4...4)]))
        )
    }

    @Test func whatIsPendingBelowTheCheckpointIsSweptNowAndThen() {
        var machine = reading(at: 3)
        let later = WorkerProtocol.Settings().sweepEvery
        #expect(machine.next(.delivered([]), at: later) == .streams(.peek([holding(3)])))
        #expect(machine.next(.peeked([.nothing]), at: later) == .streams(.sweep([holding(3)])))
        guard case .streams(.read([partition], _, _)) = machine.next(.done, at: later) else {
            Issue.record("it is read on")
            return
        }
        guard case .streams(.read) = machine.next(.delivered([]), at: later) else {
            Issue.record("it is not swept again at once")
            return
        }
    }

    /// What is taken out with it would leave the checkpoint at an entry that never was.
    @Test func whatIsOursOnlyByAnEntryThatLiesAheadOfTheClockWaitsWithIt() {
        var machine = reading(at: 3)
        var view = LeaseView(share: 1, epochs: [partition: Epoch(rawValue: 1)], connection: 1)
        view.clock = 0
        machine.observe(view)
        let ahead = EntryID(milliseconds: 1_000_000, position: 6)
        func delivered(_ follower: EntryID) -> WorkerInput {
            .delivered([
                .init(
                    partition: partition,
                    ids: [id(4), id(5)],
                    keys: ["a", "b"],
                    unreadable: [.init(positions: 5...5, follower: follower)]
                )
            ])
        }
        #expect(machine.next(delivered(ahead), at: .zero) == .transaction(.begin))
        #expect(
            machine.next(.done, at: .zero) == .transaction(.handle([.init(partition: partition, positions: 4...4)]))
        )
        var other = reading(at: 3)
        other.observe(view)
        #expect(other.next(delivered(id(6)), at: .zero) == .transaction(.begin))
        #expect(other.next(.done, at: .zero) == .transaction(.handle([.init(partition: partition, positions: 4...5)])))
    }

    @Test func anEntryThatIsOursOnlyByOneAheadOfTheClockIsLookedAtLater() {
        var machine = reading(at: 3)
        var view = LeaseView(share: 1, epochs: [partition: Epoch(rawValue: 1)], connection: 1)
        view.clock = 0
        machine.observe(view)
        let ahead = EntryID(milliseconds: 1_000_000, position: 5)
        let delivered = WorkerInput.delivered([
            .init(
                partition: partition,
                ids: [id(4)],
                keys: ["a"],
                unreadable: [.init(positions: 4...4, follower: ahead)]
            )
        ])
        #expect(machine.next(delivered, at: .zero) == .streams(.rewind(partition, to: id(3))))
        #expect(machine.next(.done, at: .zero) == .streams(.peek([holding(3)])))
        guard case .wait = machine.next(.peeked([.entry(id(4), isOurs: true, follower: ahead)]), at: .zero) else {
            Issue.record("it stands until the relay has looked")
            return
        }
        #expect(machine.stalled == [partition])
    }

    @Test func aPartitionThatMovesAgainAndAgainIsAskedForLessAndLessOften() {
        var machine = reading(at: 3)
        var now = Duration.zero
        var action = machine.next(.delivered([], unread: [partition: .moved]), at: now)
        var rewinds = 0
        while now < .seconds(60) {
            now += .milliseconds(1)
            switch action {
            case .streams(.rewind):
                rewinds += 1
                action = machine.next(.done, at: now)
            case .streams(.peek): action = machine.next(.peeked([.unread(.moved)]), at: now)
            case .streams(.read): action = machine.next(.delivered([], unread: [partition: .moved]), at: now)
            case .wait(let time):
                now += time
                action = machine.next(.done, at: now)
            default: action = machine.next(.done, at: now)
            }
        }
        #expect(
            (20..<200).contains(rewinds),
            "it is asked for about each second, and never in a loop: \(rewinds) times"
        )
    }

    @Test func aPartitionWhoseNodeIsAwayWaitsAndOneThatHasMovedIsSetToItsCheckpoint() {
        var machine = reading(at: 3)
        #expect(
            machine.next(.delivered([], unread: [partition: .moved]), at: .zero)
                == .streams(.rewind(partition, to: id(3)))
        )
        machine = reading(at: 3)
        guard case .wait = machine.next(.delivered([], unread: [partition: .away]), at: .zero) else {
            Issue.record("nothing is asked of it for a while")
            return
        }
        #expect(machine.stalled == [partition])
        #expect(machine.next(.done, at: .seconds(3)) == .streams(.rewind(partition, to: id(3))))
    }

    @Test func aMissingEntryIsLookedForWithTheGroupLeftAtTheCheckpoint() {
        var machine = reading(at: 3)
        #expect(machine.next(delivered(6), at: .zero) == .streams(.rewind(partition, to: id(3))))
        #expect(machine.next(.done, at: .zero) == .streams(.peek([holding(3)])))
        guard case .wait = machine.next(.peeked([.entry(id(6), isOurs: true)]), at: .zero) else {
            Issue.record("nothing past a missing entry is read")
            return
        }
        #expect(machine.stalled == [partition])
        #expect(machine.next(.done, at: .seconds(3)) == .streams(.rewind(partition, to: id(3))))
        #expect(machine.next(.done, at: .seconds(3)) == .streams(.peek([holding(3)])))
        guard
            case .streams(.read([partition], _, _)) = machine.next(
                .peeked([.entry(id(4), isOurs: true)]),
                at: .seconds(3)
            )
        else {
            Issue.record("what is there again is read")
            return
        }
        #expect(machine.stalled.isEmpty)
    }

    @Test func anEmptyReadIsVerifiedEverySecond() {
        var machine = reading(at: 3)
        #expect(machine.next(.delivered([]), at: .seconds(1)) == .streams(.peek([holding(3)])))
        #expect(
            machine.next(.peeked([.entry(id(4), isOurs: true)]), at: .seconds(1))
                == .streams(.rewind(partition, to: id(3)))
        )
    }

    @Test func aStreamThatEndsBeforeTheCheckpointIsAMissingEntry() {
        var machine = reading(at: 3)
        #expect(machine.next(.delivered([]), at: .seconds(1)) == .streams(.peek([holding(3)])))
        let shorter = WorkerInput.peeked([.streamEndsBefore(id(2))])
        #expect(machine.next(shorter, at: .seconds(1)) == .streams(.rewind(partition, to: id(3))))
        #expect(machine.next(.done, at: .seconds(1)) == .streams(.peek([holding(3)])))
        guard case .wait = machine.next(shorter, at: .seconds(1)) else {
            Issue.record("nothing is read of it")
            return
        }
        #expect(machine.stalled == [partition])
        #expect(
            machine.drainNotices().last == .streamEndsBefore(partition, checkpoint: id(3), at: id(2), look: 1)
        )
        #expect(machine.next(.done, at: .seconds(4)) == .streams(.rewind(partition, to: id(3))))
        #expect(machine.next(.done, at: .seconds(4)) == .streams(.peek([holding(3)])))
        guard case .streams(.read([partition], _, _)) = machine.next(.peeked([.nothing]), at: .seconds(4)) else {
            Issue.record("once the relay has appended it again, it is read")
            return
        }
        #expect(machine.stalled.isEmpty)
    }

    @Test func anEntryFarAheadOfTheClockIsWaitedForAndTakenIfItStands() {
        let clock: Int64 = 1000
        func view() -> LeaseView { LeaseView(share: 1, claimable: 0, connection: 1, clock: clock) }
        for (ahead, isEarly) in [(EntryID.Ahead.worker, false), (EntryID.Ahead.worker + 1, true)] {
            var machine = reading(at: 3)
            machine.observe(view())
            let next = EntryID(milliseconds: clock + ahead, position: 4)
            func delivered() -> WorkerInput {
                .delivered([.init(partition: partition, ids: [next], keys: ["a"])])
            }
            guard isEarly else {
                #expect(machine.next(delivered(), at: .zero) == .transaction(.begin))
                continue
            }
            var now = Duration.zero
            var action = machine.next(delivered(), at: now)
            #expect(action == .streams(.rewind(partition, to: id(3))))
            while now < .seconds(3600) {
                var input = WorkerInput.done
                switch action {
                case .streams(.peek): input = .peeked([.entry(next, isOurs: true)])
                case .wait(let time): now += time
                default: break
                }
                if case .streams(.read) = action { break }
                action = machine.next(input, at: now)
            }
            #expect(machine.settings.earlyPatience...machine.settings.earlyPatience + .seconds(3) ~= now)
            #expect(machine.next(delivered(), at: now) == .transaction(.begin), "it stands, so no relay takes it out")
        }
    }

    @Test func whatIsNoLaterThanTheEntryBeforeItIsNeverEarly() {
        var machine = reading(at: 3)
        machine.observe(LeaseView(share: 1, claimable: 0, connection: 1, clock: -1_000_000))
        #expect(machine.next(delivered(4), at: .zero) == .transaction(.begin))
    }

    /// What the relay would not adopt no worker takes, by a margin for the clocks of two servers.
    @Test func workersTakeLessThanTheRelayAdopts() {
        #expect(EntryID.Ahead.worker + 60_000 <= EntryID.Ahead.relay)
    }

    @Test func aForeignEntryIsNotReadPast() {
        var machine = reading(at: 3)
        #expect(machine.next(delivered(foreign: true), at: .zero) == .streams(.rewind(partition, to: id(3))))
        #expect(machine.next(.done, at: .zero) == .streams(.peek([holding(3)])))
        guard case .wait = machine.next(.peeked([.entry(id(4), isOurs: false)]), at: .zero) else {
            Issue.record("it waits until the relay has taken the entry out")
            return
        }
    }

    @Test func anUnclearCommitStartsAgainAtAcquire() {
        var machine = reading(at: 3)
        _ = machine.next(delivered(4), at: .zero)
        for _ in 0..<3 { _ = machine.next(.done, at: .zero) }
        #expect(machine.next(.failed, at: .zero) == .disconnect)
        guard case .wait = machine.next(.done, at: .zero) else {
            Issue.record("it backs off")
            return
        }
        #expect(machine.next(.done, at: .seconds(1)) == .leases(.acquire(limit: 1, keeping: [])))
        #expect(machine.holdings.isEmpty)
    }

    @Test func aFencedPartitionIsDroppedAndTheRestOfTheRoundGoesOn() {
        var machine = WorkerProtocol(seed: 7)
        machine.observe(LeaseView(share: 2, claimable: 2, connection: 1))
        _ = machine.next(.done, at: .zero)
        let second = Holding(partition: other, epoch: Epoch(rawValue: 1), checkpoint: .zero)
        _ = machine.next(.acquired([holding(3), second]), at: .zero)
        _ = machine.next(surveyed([], [partition, other]), at: .zero)
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.done, at: .zero)
        let batches: [WorkerInput.DeliveredIDs] = [
            .init(partition: partition, ids: [id(4)], keys: ["a"]), .init(partition: other, ids: [id(1)], keys: ["b"]),
        ]
        _ = machine.next(.delivered(batches), at: .zero)
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.done, at: .zero)
        #expect(machine.next(.refused(.fenced(partition)), at: .zero) == .transaction(.rollback))
        #expect(machine.next(.done, at: .zero) == .transaction(.begin))
        #expect(machine.next(.done, at: .zero) == .transaction(.handle([.init(partition: other, positions: 1...1)])))
        #expect(machine.holdings.map(\.partition) == [other])
    }

    @Test func ofEachTopicItAsksForWhatItsShareLacksAndGivesBackWhatIsBeyondIt() {
        let busy = (0..<3).map { Partition("busy", PartitionNumber(rawValue: $0)) }
        let calm = (0..<3).map { Partition("calm", PartitionNumber(rawValue: $0)) }
        func holding(_ partition: Partition) -> Holding {
            Holding(partition: partition, epoch: Epoch(rawValue: 1), checkpoint: .zero)
        }
        func view(_ share: [TopicName: Int], _ claimable: [TopicName: Int]) -> LeaseView {
            LeaseView(share: .byTopic(share), claimable: .byTopic(claimable), connection: 1)
        }
        var machine = WorkerProtocol(seed: 7)
        machine.observe(view(["busy": 2, "calm": 2], ["busy": 3, "calm": 3]))
        let all = WorkerAction.leases(.acquire(limit: .byTopic(["busy": 2, "calm": 2]), keeping: []))
        #expect(machine.next(.done, at: .zero) == all)
        let taken = [busy[0], busy[1], calm[0]].map(holding)
        machine.observe(view(["busy": 2, "calm": 2], ["busy": 1, "calm": 2]))
        let rest = WorkerAction.leases(.acquire(limit: .byTopic(["calm": 1]), keeping: taken.map(\.partition)))
        _ = machine.next(.acquired(taken), at: .zero)
        #expect(machine.next(surveyed([], taken.map(\.partition)), at: .seconds(1)) == rest)
        // As many as before over both topics, and shared in another way.
        machine.observe(view(["busy": 1, "calm": 3], ["busy": 1, "calm": 0]))
        #expect(machine.next(.acquired([holding(calm[1])]), at: .seconds(2)) == .leases(.release([holding(busy[1])])))
        machine.observe(view([:], [:]))
        #expect(
            machine.next(.done, at: .seconds(2)) != .leases(.release([holding(busy[0])])),
            "it has no share, and keeps all"
        )
    }

    @Test func aHigherEpochInTheTableIsProofThatTheLeaseIsGone() {
        var machine = reading(at: 3)
        machine.observe(LeaseView(share: 1, claimable: 0, epochs: [partition: Epoch(rawValue: 2)], connection: 1))
        #expect(machine.next(.delivered([]), at: .zero) == .leases(.acquire(limit: 1, keeping: [])))
    }

    @Test func aNewConnectionOfTheHeartbeatMakesItReadTheCheckpointsAnew() {
        var machine = reading(at: 3)
        machine.observe(LeaseView(share: 1, claimable: 0, epochs: [partition: Epoch(rawValue: 1)], connection: 2))
        #expect(machine.next(.delivered([]), at: .zero) == .leases(.acquire(limit: 1, keeping: [])))
    }

    @Test func aQuietWorkerGivesItsLeasesBackAndStops() {
        var machine = reading(at: 3)
        machine.quiet()
        #expect(machine.next(.delivered([]), at: .zero) == .leases(.release([holding(3)])))
        #expect(machine.next(.done, at: .zero) == .stop)
    }

    @Test func aWorkerThatIsToStopCommitsWhatItHasHandledAndLeavesTheRestToTheNextOwner() {
        var machine = reading(at: 3)
        _ = machine.next(delivered(4, 5, 6, 7), at: .zero)
        #expect(
            machine.next(.done, at: .zero) == .transaction(.handle([.init(partition: partition, positions: 4...7)]))
        )
        machine.quiet()
        let fence = Fence(partition: partition, epoch: Epoch(rawValue: 1), from: 3, to: id(5))
        #expect(machine.next(.handledInPart([partition: 5]), at: .zero) == .transaction(.fence(fence)))
        #expect(machine.next(.done, at: .zero) == .transaction(.commit))
        #expect(
            machine.next(.committed, at: .zero)
                == .streams(.acknowledge([.init(partition: partition, ids: [id(4), id(5)])]))
        )
        #expect(machine.next(.done, at: .zero) == .leases(.release([holding(5)])))
        #expect(machine.next(.done, at: .zero) == .stop)
    }

    @Test func whatIsHeldBehindTheLastHandledEventIsNotParked() {
        var machine = reading(at: 3, heads: [.init(key: "b", due: .seconds(60))])
        _ = machine.next(delivered(4, 5, 6, 7, keys: ["b", "a", "b", "a"]), at: .zero)
        guard case .transaction(.handle) = machine.next(.done, at: .zero) else {
            Issue.record("it is handled as a whole")
            return
        }
        machine.quiet()
        guard case .transaction(.park(let parkings)) = machine.next(.handledInPart([partition: 5]), at: .zero) else {
            Issue.record("what is held is parked")
            return
        }
        #expect(parkings.flatMap(\.events).map(\.position) == [4])
        let fence = Fence(partition: partition, epoch: Epoch(rawValue: 1), from: 3, to: id(5))
        #expect(machine.next(.done, at: .zero) == .transaction(.fence(fence)))
    }

    @Test func aWorkerThatIsToStopBeginsNothingThatWasDelivered() {
        var machine = reading(at: 3)
        machine.quiet()
        #expect(machine.next(delivered(4, 5), at: .zero) == .leases(.release([holding(3)])))
    }

    @Test func aWorkerThatIsToStopTriesNoFurtherEventAfterAHandlersError() {
        var machine = reading(at: 3)
        _ = machine.next(delivered(4, 5, 6), at: .zero)
        _ = machine.next(.done, at: .zero)
        #expect(machine.next(.refused(.handler(reason: "no")), at: .zero) == .transaction(.rollback))
        #expect(machine.next(.done, at: .zero) == .transaction(.begin))
        #expect(machine.next(.done, at: .zero) == .transaction(.attempt(partition, 4)))
        machine.quiet()
        let fence = Fence(partition: partition, epoch: Epoch(rawValue: 1), from: 3, to: id(4))
        #expect(machine.next(.done, at: .zero) == .transaction(.fence(fence)))
        #expect(machine.next(.done, at: .zero) == .transaction(.commit))
        _ = machine.next(.committed, at: .zero)
        #expect(machine.next(.done, at: .zero) == .leases(.release([holding(4)])))
    }
}
