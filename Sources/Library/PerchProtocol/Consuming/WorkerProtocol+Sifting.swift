/// A round after a handler has failed: event by event, so that one that fails is parked, and its key held, and no other.
extension WorkerProtocol {
    /// What came of the events of one transaction.
    struct Sifting: Sendable {
        struct Event: Sendable {
            let partition: Partition
            let position: Position
            let key: String
        }

        var events: [Event] = []
        var next = 0
        var parked: [Partition: [ParkedEvent]] = [:]
        var outcomes = Brake.Outcomes()
        /// Where something has failed that may be the system's fault.
        var failing: Set<Partition> = []
        var reason = ""
        /// The partitions' books as they are once this has committed.
        var books: [Partition: FailureBook] = [:]
    }

    func policy(_ partition: Partition) -> RetryPolicy { settings.policies[partition.topic] ?? RetryPolicy() }

    private func book(_ partition: Partition) -> FailureBook {
        round.sifting.books[partition] ?? entry(partition)?.book ?? FailureBook()
    }

    private func events(of slice: WorkerAction.Slice) -> [Sifting.Event] {
        let ids = round.ids[slice.partition, default: []]
        let keys = round.keys[slice.partition, default: []]
        return zip(ids, keys).filter { slice.positions.contains($0.0.position) }
            .map { Sifting.Event(partition: slice.partition, position: $0.position, key: $1) }
    }

    mutating func listEvents() { round.sifting.events = round.slices.flatMap { events(of: $0) } }

    /// Of a round that is handled as a whole: what has to stay behind a failed event of its key. Mostly there is none.
    mutating func setHeldAside() {
        for index in round.slices.indices {
            let slice = round.slices[index]
            guard let book = entry(slice.partition)?.book, !book.isEmpty else { continue }
            for event in events(of: slice) where book.holds(event.key) {
                round.slices[index].held.insert(event.position)
                hold(event)
            }
        }
    }

    private mutating func hold(_ event: Sifting.Event) {
        round.sifting.parked[event.partition, default: []]
            .append(ParkedEvent(position: event.position, key: event.key, state: .held))
    }

    mutating func tryNext(_ now: Duration) -> WorkerAction {
        while round.sifting.next < round.sifting.events.count {
            if isQuiet, round.sifting.next > 0 {
                shortenToTried()
                break
            }
            let event = round.sifting.events[round.sifting.next]
            round.sifting.next += 1
            if book(event.partition).holds(event.key) {
                hold(event)
            } else if let failure = presumedFailure(event) {
                fail(event.partition, event.position, failure, now)
            } else {
                awaiting = .round(.tried(event.partition, event.position))
                return .attempt(event.partition, event.position)
            }
        }
        if brake.judges(round.sifting.outcomes, now) { return pullBrake(now) }
        return park()
    }

    /// The rest is the next owner's.
    private mutating func shortenToTried() {
        var tried: [Partition: Position] = [:]
        for event in round.sifting.events.prefix(round.sifting.next) { tried[event.partition] = event.position }
        shorten(to: tried)
    }

    private func presumedFailure(_ event: Sifting.Event) -> EventFailure? {
        if let presumed = round.presumed { return presumed }
        guard narrowings[event.partition]?.blames(event.position) == true else { return nil }
        return narrowings[event.partition]?.reason.map { EventFailure(.failed, $0) } ?? Self.connectionLost
    }

    static let connectionLost = EventFailure(
        .failed,
        "the connection to Postgres was lost \(Narrowing.mostLosses) times in a row while it was handled, alone"
    )

    mutating func fail(_ partition: Partition, _ position: Position, _ failure: EventFailure, _ now: Duration) {
        guard let event = round.sifting.events.first(where: { $0.partition == partition && $0.position == position })
        else { return }
        let policy = policy(partition)
        if round.sifting.books[partition] == nil { round.sifting.books[partition] = book(partition) }
        let attempts = max(0, round.presumedAttempts - 1)
        let parked = ParkedEvent(position: position, key: event.key, state: .failed, attempts: attempts)
            .after(failure, by: policy, waiting: round.sifting.books[partition]?.count ?? 0, using: &random)
        round.sifting.parked[partition, default: []].append(parked)
        round.sifting.books[partition]?.enter(parked, policy, now)
        guard failure.isOfSystem else { return }
        round.sifting.failing.insert(partition)
        round.sifting.outcomes.failed += 1
        round.sifting.outcomes.failedKeys.insert("\(partition) \(event.key)")
        round.sifting.reason = failure.reason
    }

    /// It is the system and not the event: nothing is parked, and all of it comes again; where it fails after a while, that the
    /// others can go on.
    private mutating func pullBrake(_ now: Duration) -> WorkerAction {
        brake.pull()
        let outcomes = round.sifting.outcomes
        let delay = settings.brake.delay(after: brake.pulls, using: &random)
        braked.formUnion(round.sifting.failing)
        note(
            .braked(
                failed: outcomes.failed,
                of: outcomes.failed + outcomes.succeeded,
                retryIn: delay,
                reason: round.sifting.reason
            )
        )
        for slice in round.work {
            let isFailing = round.sifting.failing.contains(slice.partition)
            update(slice.partition) { $0.phase = isFailing ? .braked(until: now + delay) : .rewinding }
        }
        round.work = []
        awaiting = .round(.rolledBack)
        return .rollback
    }

    /// Where no partition is left that the brake has stopped.
    mutating func letBrakeGo() {
        guard brake.pulls > 0, !held.contains(where: { braked.contains($0.holding.partition) }) else { return }
        braked = []
        if brake.release() { note(.brakeReleased) }
    }

    mutating func noteParked() {
        for slice in round.slices {
            // The first of its key is another event now.
            countedRetries[slice.partition]?.subtract(round.sifting.parked[slice.partition, default: []].map(\.key))
            for event in round.sifting.parked[slice.partition] ?? [] where event.state != .held {
                note(.parked(slice.partition, event))
            }
        }
    }

    // MARK: Losses of the connection

    /// A connection was lost while handlers were at work: the next round is smaller.
    mutating func noteLoss(_ awaited: Awaiting) {
        switch awaited {
        case .ahead(.outcome), .ahead(.laterOutcome): noteLossOfTwo()
        case .round where submitted != nil: noteLossOfTwo()
        case .round(let step):
            switch step {
            case .counted, .begun, .rolledBack: return
            case .handled, .tried, .parked, .fenced, .submitted, .committed: break
            }
            if round.count == 1, let slice = round.slices.first {
                narrowings[slice.partition, default: Narrowing(limit: 1)].loseAlone(at: slice.positions.lowerBound)
                return
            }
            for slice in round.slices {
                narrowings[slice.partition] = Narrowing(limit: max(1, slice.positions.count / 2))
            }
        case .retry(let step): noteRetryLoss(step)
        default: return
        }
    }

    /// Of which of the two rounds under way is not known.
    private mutating func noteLossOfTwo() {
        for slice in (submitted?.slices ?? []) + round.slices {
            narrowings[slice.partition] = Narrowing(limit: max(1, slice.positions.count / 2))
        }
    }

    /// A round went well: the next one may be larger.
    mutating func widen(_ partition: Partition) {
        guard let narrowing = narrowings[partition] else { return }
        let limit = narrowing.limit * 2
        narrowings[partition] = limit < settings.batchSize ? Narrowing(limit: limit) : nil
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
