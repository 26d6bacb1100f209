/// A round after a handler has failed: event by event, see `Sifting`.
extension WorkerProtocol {
    func policy(_ partition: Partition) -> RetryPolicy { settings.policies[partition.topic] ?? RetryPolicy() }

    private func book(_ partition: Partition) -> FailureBook {
        round.sifting.books[partition] ?? held[partition]?.book ?? FailureBook()
    }

    /// Of a round that is handled as a whole: what has to stay behind a failed event of its key. Mostly there is none.
    mutating func setHeldAside() {
        for (index, slice) in round.slices.enumerated() {
            guard let book = held[slice.partition]?.book, !book.isEmpty else { continue }
            for event in round.events(of: slice) where book.holds(event.key) { round.hold(event, in: index) }
        }
    }

    mutating func tryNext(_ now: Duration) -> WorkerAction {
        while true {
            if round.sifting.hasBegun, mustStopBeginning(now) {
                // The rest is the next owner's, or comes when it is allowed again.
                shortenRound(to: round.sifting.reached)
                break
            }
            guard let event = round.sifting.takeNext() else { break }
            if book(event.partition).holds(event.key) {
                round.sifting.hold(event)
            } else if let failure = presumedFailure(event) {
                fail(event.partition, failure, now)
            } else {
                awaiting = .round(.tried(event.partition))
                return .transaction(.attempt(event.partition, event.position))
            }
        }
        return judge(now)
    }

    private mutating func judge(_ now: Duration) -> WorkerAction {
        brake.judges(round.sifting.outcomes, now) ? pullBrake(now) : park()
    }

    private func presumedFailure(_ event: Sifting.Event) -> EventFailure? {
        round.presumption?.failure ?? narrowings.failure(of: event.partition, at: event.position)
    }

    /// The event that is tried has failed.
    mutating func fail(_ partition: Partition, _ failure: EventFailure, _ now: Duration) {
        round.sifting.fail(
            failure,
            attempts: max(0, (round.presumption?.attempts ?? 0) - 1),
            by: policy(partition),
            book: held[partition]?.book ?? FailureBook(),
            now,
            using: &random
        )
    }

    /// It is the system and not the event: nothing is parked, and all of it comes again; where it fails after a while, that the
    /// others can go on.
    private mutating func pullBrake(_ now: Duration) -> WorkerAction {
        let failing = round.sifting.failing
        let outcomes = round.sifting.outcomes
        brake.pull(stopping: failing)
        let delay = settings.brake.delay(after: brake.pulls, using: &random)
        note(
            .braked(
                failed: outcomes.failed,
                of: outcomes.failed + outcomes.succeeded,
                retryIn: delay,
                reason: round.sifting.reason
            )
        )
        for slice in round.work {
            let isFailing = failing.contains(slice.partition)
            held.update(slice.partition) { isFailing ? $0.brake(until: now + delay) : $0.rewind() }
        }
        round.dropWork()
        awaiting = .round(.rolledBack)
        return .transaction(.rollback)
    }

    /// Where no partition is left that the brake has stopped.
    mutating func letBrakeGo() {
        if brake.release(holding: held) { note(.brakeReleased) }
    }

    mutating func noteParked() {
        for slice in round.slices {
            let parked = round.sifting.parked[slice.partition, default: []]
            // The first of its key is another event now.
            retryCautions.settle(slice.partition, parked.map(\.key))
            for event in parked where event.state != .held { note(.parked(slice.partition, event)) }
        }
    }

    // MARK: Losses of the connection

    /// A connection was lost while handlers were at work: the next round is smaller.
    mutating func noteLoss(_ awaited: Awaiting) {
        switch awaited {
        case .ahead(.outcome), .ahead(.laterOutcome): noteLossOfTwo()
        case .round where submitted != nil: noteLossOfTwo()
        case .round(let step): noteLoss(of: step)
        case .retry(let step): noteRetryLoss(step)
        case .nothing, .acquired, .released, .surveyed, .rewound, .delivered, .peeked, .swept, .ahead, .acknowledged,
            .limit, .disconnected, .waited, .stopped:
            break
        }
    }

    private mutating func noteLoss(of step: RoundStep) {
        switch step {
        case .asked, .counted, .begun, .occupied, .rolledBack: return
        case .handled, .tried, .parked, .fenced, .submitted, .committed: break
        }
        if round.count == 1, let slice = round.slices.first {
            return narrowings.loseAlone(slice.partition, at: slice.positions.lowerBound)
        }
        restartSmaller(round.slices)
    }

    /// Of which of the two rounds under way is not known.
    private mutating func noteLossOfTwo() { restartSmaller((submitted?.slices ?? []) + round.slices) }

    private mutating func restartSmaller(_ slices: [WorkerAction.Slice]) {
        for slice in slices { narrowings.restart(slice.partition, at: max(1, slice.positions.count / 2)) }
    }
}

extension FailureBook {
    /// This event is parked.
    mutating func enter(_ event: ParkedEvent, _ policy: RetryPolicy, _ now: Duration) {
        switch event.state {
        case .failed: fail(event.key, due: now + event.delay)
        case .dead where policy.deadLettersHoldTheirKey: bury(event.key)
        case .dead: free(event.key)
        case .held: break
        }
    }
}
