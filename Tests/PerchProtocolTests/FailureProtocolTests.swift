import PerchProtocol
import Testing

/// What becomes of an event whose handler fails, decided by the machine alone.
struct FailureProtocolTests {
    private let base = WorkerProtocolTests()
    private var partition: Partition { base.partition }

    private func parked(_ action: WorkerAction) -> [ParkedEvent]? {
        guard case .transaction(.park(let parkings)) = action else { return nil }
        return parkings.flatMap(\.events)
    }

    private func states(_ action: WorkerAction) -> [String] {
        parked(action)?.map { "\($0.position) \($0.state)" } ?? []
    }

    /// A round whose handlers have failed as a whole, at its first attempt.
    private func sifting(_ delivered: WorkerInput, _ machine: inout WorkerProtocol) -> WorkerAction {
        #expect(machine.next(delivered, at: .zero) == .transaction(.begin))
        guard case .transaction(.handle) = machine.next(.done, at: .zero) else { return .stop }
        #expect(machine.next(.refused(.handler(reason: "x")), at: .zero) == .transaction(.rollback))
        #expect(machine.next(.done, at: .zero) == .transaction(.begin))
        return machine.next(.done, at: .zero)
    }

    @Test func theFailingEventIsParkedAndTheLaterOnesOfItsKeyAreHeldAndAllOthersGoOn() {
        var machine = base.reading(at: 3)
        #expect(
            sifting(base.delivered(4, 5, 6, 7, keys: ["a", "b", "a", "c"]), &machine)
                == .transaction(.attempt(partition, 4))
        )
        #expect(machine.next(.eventFailed(.init(.failed, "x")), at: .zero) == .transaction(.attempt(partition, 5)))
        #expect(machine.next(.done, at: .zero) == .transaction(.attempt(partition, 7)))
        #expect(states(machine.next(.done, at: .zero)) == ["4 failed", "6 held"])
        let fence = Fence(partition: partition, epoch: Epoch(rawValue: 1), from: 3, to: base.id(7))
        #expect(machine.next(.done, at: .zero) == .transaction(.fence(fence)))
        #expect(machine.next(.done, at: .zero) == .transaction(.commit))
        _ = machine.next(.committed, at: .zero)
        _ = machine.next(.done, at: .zero)
        // In the next round, which is handled as a whole, its key is held too.
        #expect(machine.next(base.delivered(8, 9, keys: ["a", "b"]), at: .zero) == .transaction(.begin))
        #expect(
            machine.next(.done, at: .zero)
                == .transaction(.handle([.init(partition: partition, positions: 8...9, held: [8])]))
        )
        #expect(states(machine.next(.done, at: .zero)) == ["8 held"])
    }

    @Test func aRoundIsSiftedInTransactionsOfNoMoreThanFiftySavepoints() {
        var machine = base.reading(at: 0)
        let ids = (1...120).map { base.id(Position($0)) }
        let delivered = WorkerInput.delivered([.init(partition: partition, ids: ids, keys: ids.map { "\($0)" })])
        var action = sifting(delivered, &machine)
        var sizes: [Int] = []
        var attempts = 0
        while sizes.count < 3 {
            switch action {
            case .transaction(.attempt):
                attempts += 1
                action = machine.next(.done, at: .zero)
            case .transaction(.commit):
                sizes.append(attempts)
                attempts = 0
                action = machine.next(.committed, at: .zero)
            default: action = machine.next(.done, at: .zero)
            }
        }
        #expect(sizes == [50, 50, 20])
    }

    @Test func whenNearlyAllKeysFailTheBrakeIsPulledAndNothingIsParked() {
        var machine = base.reading(at: 3)
        var action = sifting(base.delivered(4, 5, 6, 7, 8), &machine)
        for _ in 0..<4 { action = machine.next(.eventFailed(.init(.failed, "away")), at: .zero) }
        #expect(action == .transaction(.attempt(partition, 8)))
        #expect(machine.next(.eventFailed(.init(.failed, "away")), at: .zero) == .transaction(.rollback))
        guard case .wait = machine.next(.done, at: .zero) else {
            Issue.record("it backs off")
            return
        }
        // And comes back to the same events by itself.
        #expect(machine.next(.done, at: .seconds(2)) == .streams(.rewind(partition, to: base.id(3))))
    }

    @Test func waitingForAFactCountsNoAttemptAndPullsNoBrake() {
        var machine = base.reading(at: 3)
        var action = sifting(base.delivered(4, 5, 6, 7, 8), &machine)
        for _ in 0..<5 { action = machine.next(.eventFailed(.init(.waits(nil), "later")), at: .zero) }
        let events = parked(action) ?? []
        #expect(events.map(\.attempts) == [0, 0, 0, 0, 0])
        #expect(events.map(\.waits) == [1, 1, 1, 1, 1])
    }

    @Test func aDueKeyIsRetriedFromItsFirstEventOnInOrderUnderAFence() {
        var machine = base.reading(at: 9, heads: [.init(key: "a", due: .seconds(1))])
        guard case .transaction(.begin) = machine.next(.delivered([]), at: .seconds(1)) else {
            Issue.record("a retry begins when it is due")
            return
        }
        #expect(machine.next(.done, at: .seconds(1)) == .transaction(.fetch(partition, keys: ["a"], limit: 50)))
        let rows = [
            ParkedEvent(position: 2, key: "a", state: .failed, attempts: 1),
            ParkedEvent(position: 5, key: "a", state: .held), ParkedEvent(position: 7, key: "a", state: .held),
        ]
        #expect(machine.next(.fetched(rows, hasMore: false), at: .seconds(1)) == .transaction(.retry(partition, 2)))
        #expect(machine.next(.done, at: .seconds(1)) == .transaction(.retry(partition, 5)))
        guard
            case .transaction(.settle(let settlement)) = machine.next(
                .eventFailed(.init(.rejected, "no")),
                at: .seconds(1)
            )
        else {
            Issue.record("what follows the failing one stays")
            return
        }
        #expect(settlement.resolved == [2])
        #expect(settlement.changed.map { "\($0.position) \($0.state)" } == ["5 dead"])
        #expect(machine.next(.done, at: .seconds(1)) == .transaction(.confirm(base.holding(9))))
        #expect(machine.next(.done, at: .seconds(1)) == .transaction(.commit))
    }

    // MARK: After a takeover from an owner that died

    private let other = Partition("orders", 1)

    /// A machine that has taken over `partition`, and beside it `other`, and reads next.
    private func cautious(attempted: Position?, attempts: Int = 3, alone: Bool = true) -> WorkerProtocol {
        var settings = WorkerProtocol.Settings()
        var policy = RetryPolicy()
        policy.attempts = attempts
        settings.policies = [partition.topic: policy]
        var machine = WorkerProtocol(settings: settings, seed: 7)
        machine.observe(LeaseView(share: 2, claimable: 1, connection: 1))
        _ = machine.next(.done, at: .zero)
        let holdings =
            [base.holding(3)] + (alone ? [] : [Holding(partition: other, epoch: Epoch(rawValue: 1), checkpoint: .zero)])
        let takeover = Takeover(partition: partition, attempted: attempted)
        _ = machine.next(.acquired(holdings, takeovers: [takeover]), at: .zero)
        let surveys = holdings.map { FailureSurvey(partition: $0.partition, revision: 0, heads: []) }
        guard case .streams(.rewind) = machine.next(.surveyed(surveys), at: .zero) else { return machine }
        if !alone { _ = machine.next(.done, at: .zero) }
        return machine
    }

    private func attempt(at position: Position, through last: Position) -> WorkerAction {
        .failures(.count([Attempt(base.holding(position), through: last)]))
    }

    @Test func afterAnUncleanTakeoverAWholeRoundIsCountedOnceBeforeItRuns() {
        var machine = cautious(attempted: nil)
        guard case .streams(.read(_, count: 500, block: _)) = machine.next(.done, at: .zero) else {
            Issue.record("it reads as ever")
            return
        }
        #expect(machine.next(base.delivered(4, 5, 6), at: .zero) == attempt(at: 3, through: 6))
        #expect(machine.next(.counted([1]), at: .zero) == .transaction(.begin))
        #expect(
            machine.next(.done, at: .zero) == .transaction(.handle([.init(partition: partition, positions: 4...6)]))
        )
        // Undone by a conflict, and by a handler's error: the process lives, and counts nothing twice.
        #expect(machine.next(.refused(.conflict), at: .zero) == .transaction(.rollback))
        guard case .wait = machine.next(.done, at: .zero) else {
            Issue.record("it waits before it tries again")
            return
        }
        #expect(machine.next(.done, at: .zero) == .transaction(.begin))
    }

    @Test func whereNothingMoreIsThereNoFurtherRoundIsCounted() {
        var machine = cautious(attempted: nil)
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.delivered([]), at: .zero)
        #expect(machine.next(base.delivered(4), at: .zero) == .transaction(.begin))
    }

    @Test func aCountedRoundThatDidNotPassIsTriedEventByEventAndOtherPartitionsGoOnBetween() {
        var machine = cautious(attempted: 5, alone: false)
        #expect(machine.next(.done, at: .zero) == .streams(.read([partition], count: 1, block: .milliseconds(1))))
        #expect(machine.next(base.delivered(4), at: .zero) == attempt(at: 3, through: 4))
        #expect(machine.next(.counted([1]), at: .zero) == .transaction(.begin))
        #expect(machine.next(.done, at: .zero) == .transaction(.attempt(partition, 4)))
        guard case .transaction(.fence) = machine.next(.done, at: .zero) else {
            Issue.record("a step ends with its fence")
            return
        }
        #expect(machine.next(.done, at: .zero) == .transaction(.commit))
        _ = machine.next(.committed, at: .zero)
        #expect(machine.next(.done, at: .zero) == .streams(.read([other], count: 500, block: .milliseconds(1))))
        #expect(
            machine.next(.delivered([]), at: .zero) == .streams(.read([partition], count: 1, block: .milliseconds(1)))
        )
        #expect(machine.next(base.delivered(5), at: .zero) == attempt(at: 4, through: 5))
        _ = machine.next(.counted([1]), at: .zero)
        for _ in 0..<3 { _ = machine.next(.done, at: .zero) }
        _ = machine.next(.committed, at: .zero)
        // All that was counted has passed; rounds are whole again, and both partitions are read.
        guard case .streams(.read(let both, count: 250, block: _)) = machine.next(.done, at: .zero) else {
            Issue.record("it reads as ever")
            return
        }
        #expect(Set(both) == [partition, other])
    }

    @Test func anEventThatHasEndedAsManyProcessesAsItHasAttemptsIsADeadLetterWithoutRunningItsHandler() {
        var machine = cautious(attempted: 4)
        _ = machine.next(.done, at: .zero)
        #expect(machine.next(base.delivered(4), at: .zero) == attempt(at: 3, through: 4))
        #expect(machine.next(.counted([4]), at: .zero) == .transaction(.begin))
        // Also where the connection is lost now: it was counted, and is not again.
        _ = machine.next(.failed, at: .zero)
        for _ in 0..<2 { _ = machine.next(.done, at: .zero) }
        let takeovers = [Takeover(partition: partition, attempted: 4, isOwn: true)]
        _ = machine.next(.acquired([base.holding(3)], takeovers: takeovers), at: .zero)
        _ = machine.next(base.surveyed(), at: .zero)
        guard case .streams(.read) = machine.next(.done, at: .zero) else {
            Issue.record("it reads again")
            return
        }
        #expect(machine.next(base.delivered(4), at: .zero) == .transaction(.begin))
        let action = machine.next(.done, at: .zero)
        #expect(states(action) == ["4 dead"])
        #expect(parked(action)?.first?.reason == "its handler ended the process 3 times")
    }

    @Test func onlyWhoHasTheTurnOfItsProcessTriesAnEventThatMayEndIt() {
        var machine = cautious(attempted: 5, alone: false)
        machine.grantCautionTurn(false)
        #expect(machine.next(.done, at: .zero) == .streams(.read([other], count: 500, block: .milliseconds(1))))
        #expect(machine.wantsCautionTurn)
        machine.grantCautionTurn(true)
        #expect(
            machine.next(.delivered([]), at: .zero) == .streams(.read([partition], count: 1, block: .milliseconds(1)))
        )
        #expect(machine.wantsCautionTurn, "until it has committed")
        #expect(machine.next(base.delivered(4), at: .zero) == attempt(at: 3, through: 4))
        _ = machine.next(.counted([1]), at: .zero)
        for _ in 0..<3 { _ = machine.next(.done, at: .zero) }
        _ = machine.next(.committed, at: .zero)
        _ = machine.next(.done, at: .zero)
        #expect(!machine.wantsCautionTurn, "another's turn comes after each event")
    }

    @Test func whoHasLostItsEpochBeforeItCountedTriesNothing() {
        var machine = cautious(attempted: 5)
        _ = machine.next(.done, at: .zero)
        _ = machine.next(base.delivered(4), at: .zero)
        #expect(machine.next(.counted([nil]), at: .zero) == .transaction(.rollback))
        guard case .leases(.acquire) = machine.next(.done, at: .zero) else {
            Issue.record("it starts at acquire")
            return
        }
    }

    @Test func threeLossesOfTheConnectionAtOneEventAreItsHandlersError() {
        var machine = base.reading(at: 3)
        var now = Duration.zero
        var action = machine.next(base.delivered(4, 5), at: now)
        var losses = 0
        while losses < 20 {
            now += .seconds(3)
            switch action {
            case .transaction(.handle), .transaction(.attempt):
                losses += 1
                action = machine.next(.failed, at: now)
            case .leases(.acquire): action = machine.next(.acquired([base.holding(3)]), at: now)
            case .failures(.survey): action = machine.next(base.surveyed(), at: now)
            case .streams(.peek): action = machine.next(.peeked([.entry(base.id(4), isOurs: true)]), at: now)
            case .streams(.read): action = machine.next(base.delivered(4, 5), at: now)
            case .transaction(.park):
                #expect(states(action) == ["4 failed"])
                #expect(losses == 4, "one of both events, and three of the first alone")
                return
            default: action = machine.next(.done, at: now)
            }
        }
        Issue.record("it is lost for ever")
    }
}

struct RetryPolicyTests {
    @Test func delaysGrowByTheFactorUpToTheCapWithFullJitter() {
        var policy = RetryPolicy()
        policy.firstDelay = .seconds(2)
        policy.factor = 5
        policy.cap = .seconds(60)
        var random = SplitMix64(seed: 3)
        for (attempt, bound) in [(1, 2), (2, 10), (3, 50), (4, 60), (90, 60)] {
            let delays = (0..<500).map { _ in policy.delay(after: attempt, using: &random) }
            #expect(delays.allSatisfy { $0 >= .zero && $0 <= .seconds(bound) })
            #expect(delays.max() ?? .zero > .seconds(bound) * 0.9 && delays.min() ?? .zero < .seconds(bound) * 0.1)
        }
    }
}
