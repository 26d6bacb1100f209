/// The partition protocol of one worker as a pure state machine: acquire · rewind · read · verify · commit · acknowledge.
///
/// The shell calls `next` with the answer to the last action and performs the action that comes back, one at a time. All
/// of the worker's decisions are here; nothing here does I/O, reads a clock or shares state, so the simulation drives this
/// very code through every crash, pause and lost reply. Moments are durations since any fixed origin of the shell's
/// monotonic clock.
package struct WorkerProtocol: Sendable {
    package struct Settings: Hashable, Sendable {
        /// The most events in one round, over all partitions.
        package var batchSize = 500
        /// How long a read may block. Stopping and sharing wait for it, so it stays well under a second.
        package var block = Duration.milliseconds(400)
        /// A partition that gave nothing is verified this often: a frozen worker that wakes may have taken its entries.
        package var verifyEvery = Duration.seconds(1)
        /// What is pending at or below the checkpoint of a partition is acknowledged this often: see `WorkerAction.sweep`.
        package var sweepEvery = Duration.seconds(5)
        /// A lease is asked for at most this often while the heartbeat says that there is one.
        package var claimEvery = Duration.milliseconds(100)
        package var reconnect = Backoff(first: .milliseconds(50), cap: .seconds(2), floor: .milliseconds(10))
        package var missing = Backoff(first: .milliseconds(100), cap: .seconds(2), floor: .milliseconds(50))
        /// How long an entry has to stand whose id lies ahead of the clock, before it is handled all the same: a relay that lives
        /// takes a forged one out within seconds, and a true one, by a clock that was ahead, must not stop the partition.
        package var earlyPatience = Duration.seconds(300)
        /// How long nothing is done after nearly everything has failed.
        package var brake = Backoff(first: .milliseconds(500), cap: .seconds(5), floor: .milliseconds(100))
        package var conflict = Backoff(first: .milliseconds(5), cap: .milliseconds(200), floor: .milliseconds(1))
        /// The most savepoints in one transaction: past 64 subtransactions Postgres has to look each one up on disk.
        package var savepoints = 50
        /// By topic; where there is none, all defaults.
        package var policies: [TopicName: RetryPolicy] = [:]
        /// Off only in the simulation, which must then catch it.
        package var verifiesBatches = true
        /// Whether the next round is read and sent while Postgres still writes the one before.
        package var readsAhead = true

        package init() {}
    }

    /// A partition this worker holds and where it is in the protocol.
    struct Held: Sendable {
        var holding: Holding
        var phase: Phase = .rewinding
        /// When it was last certain that nothing past the checkpoint was overlooked.
        var verifiedAt: Duration
        /// When what is pending at or below the checkpoint was last acknowledged.
        var sweptAt: Duration
        /// Consecutive looks that did not find the next entry.
        var looks = 0
        /// Which keys are held back; nil: not read yet, nothing is processed before.
        var book: FailureBook?
        /// The next entry, whose id lies ahead of the clock, and since when it is known.
        var early: (id: EntryID, since: Duration)?
        /// Its held events are catching up: it is not read meanwhile, or it would never end.
        var isDraining = false

        enum Phase: Hashable, Sendable {
            case rewinding
            /// Rewound after a mismatch: is the next entry there? Nothing is read before, so that the group stays at the
            /// checkpoint, where the relay sees what is needed.
            case looking
            case reading
            /// The next entry is missing: out of the read set until then.
            case missing(until: Duration)
            /// Nearly everything of it fails: out of the read set until then.
            case braked(until: Duration)
        }
    }

    /// Which answer the machine waits for.
    enum Awaiting: Sendable {
        case nothing
        case acquired
        case released
        case surveyed
        case rewound(Partition)
        case delivered([Partition], count: Int)
        case peeked([Holding])
        case swept([Partition])
        case round(RoundStep)
        case ahead(AheadStep)
        case retry(RetryStep)
        case acknowledged
        case disconnected
        case waited
        case stopped
    }

    package let settings: Settings
    var held: [Held] = []
    var awaiting = Awaiting.nothing
    var round = Round()
    /// The round before, whose COMMIT is sent and not answered yet.
    var submitted: Round?
    var view = LeaseView()
    var isQuiet = false
    /// Leases of ours may be lying in the table (after a reset, a raised epoch): ask for them whatever the heartbeat says.
    var mustReacquire = true
    /// The heartbeat has a new connection: what is held may be of a newer state of Postgres than the present one.
    var mustReadAnew = false
    var nextClaim = Duration.zero
    var connectionFailures = 0
    var random: SplitMix64
    // Failures
    var brake = Brake()
    /// Partitions that the brake has stopped, until a round of theirs is committed.
    var braked: Set<Partition> = []
    var retry: Retry?
    /// Reading and retrying take turns.
    var hasJustRetried = false
    // These outlast a lost connection.
    var narrowings: [Partition: Narrowing] = [:]
    var retryNarrowings: [Partition: Narrowing] = [:]
    var cautions: [Partition: Caution] = [:]
    /// How many events that failed before are still to be tried one by one, each counted.
    var retryCautions: [Partition: Int] = [:]
    /// What it was ever told that it holds, and has not given back.
    var known: Set<Partition> = []
    /// Whether this worker is the one of its process that may try an event that may end it.
    var hasCautionTurn = true
    var turn = CautionTurn.unwanted
    var mustYieldTurn = false
    /// The keys of failed events whose attempt this process has counted, and that have not been settled since.
    var countedRetries: [Partition: Set<String>] = [:]
    /// Stepping through a partition and reading the others take turns.
    var hasJustStepped = false
    var lastStepped: Partition?
    package private(set) var notices: [WorkerNotice] = []

    package init(settings: Settings = Settings(), seed: UInt64) {
        self.settings = settings
        self.random = SplitMix64(seed: seed)
    }

    /// What is held now, in no particular order.
    package var holdings: [Holding] { held.map(\.holding) }

    /// Partitions held that wait for a missing entry, or that the brake has stopped.
    package var stalled: [Partition] {
        held.compactMap {
            switch $0.phase {
            case .missing, .braked: $0.holding.partition
            case .rewinding, .looking, .reading: nil
            }
        }
    }

    /// Begins nothing more: what is handled of the round at hand is committed, the rest is the next owner's; then it gives all
    /// leases back and stops. Idempotent.
    package mutating func quiet() { isQuiet = true }

    package mutating func observe(_ view: LeaseView) {
        if self.view.connection != 0, view.connection != self.view.connection { mustReadAnew = true }
        self.view = view
    }

    package mutating func drainNotices() -> [WorkerNotice] {
        defer { notices.removeAll(keepingCapacity: true) }
        return notices
    }

    mutating func note(_ notice: WorkerNotice) { notices.append(notice) }

    /// Takes the answer to the last action (`.done` the first time) and says what to do next.
    package mutating func next(_ input: WorkerInput, at now: Duration) -> WorkerAction {
        let awaited = awaiting
        awaiting = .nothing
        if case .failed = input {
            noteLoss(awaited)
            return disconnect()
        }
        switch (awaited, input) {
        case (.nothing, .done): return decide(now)
        case (.acquired, .acquired(let holdings, let takeovers)): take(holdings, takeovers, now)
        case (.surveyed, .surveyed(let surveys)):
            for survey in surveys {
                // An operator has changed something: attempts may begin anew.
                if entry(survey.partition)?.book != nil { countedRetries[survey.partition] = nil }
                update(survey.partition) { $0.book = FailureBook(survey, now: now) }
            }
        case (.released, .done): break
        case (.rewound(let partition), .done):
            update(partition) {
                $0.phase = $0.looks > 0 ? .looking : .reading
                $0.verifiedAt = now
                $0.sweptAt = now
            }
        case (.rewound(let partition), .troubled): trouble(partition, now)
        case (.delivered(let partitions, let count), .delivered(let batches, let unread)):
            connectionFailures = 0
            plan(batches, atMost: count, now)
            for partition in partitions where round.ids[partition] == nil {
                if let reason = unread[partition] {
                    miss(partition, reason, now)
                } else {
                    relax(partition, ifNothingIsIn: batches, now)
                }
            }
            dropUnbegun()
            if !round.isEmpty { return beginRound() }
        case (.peeked(let asked), .peeked(let found)): verify(asked, found, now)
        case (.swept(let partitions), .done):
            for partition in partitions { update(partition) { $0.sweptAt = now } }
        case (.round(let step), _): return continueRound(step, input, now)
        case (.ahead(let step), _): return continueAhead(step, input, now)
        case (.retry(let step), _): return continueRetry(step, input, now)
        case (.acknowledged, .done): break
        case (.disconnected, .done): return backOff()
        case (.waited, .done):
            dropUnbegun()
            if !round.isEmpty { return beginRound() }
        case (.stopped, _): preconditionFailure("a stopped worker was asked for its next action")
        default: preconditionFailure("\(input) does not answer \(awaited)")
        }
        return decide(now)
    }

    // MARK: The next thing to do

    mutating func decide(_ now: Duration) -> WorkerAction {
        mustYieldTurn = turn == .used
        turn = .unwanted
        if isQuiet { return releaseAll() }
        dropLost()
        if mustReacquire || mayClaim(now) {
            mustReacquire = false
            nextClaim = now + settings.claimEvery
            awaiting = .acquired
            return .acquire(limit: max(view.share - held.count, 0), keeping: held.map(\.holding.partition))
        }
        if view.share > 0, held.count > view.share { return release(held[view.share...].map(\.holding)) }
        wake(now)
        letBrakeGo()
        let unread = held.filter { needsSurvey($0) }.map(\.holding)
        if !unread.isEmpty {
            awaiting = .surveyed
            return .survey(unread)
        }
        if let next = held.first(where: { $0.phase == .rewinding })?.holding {
            awaiting = .rewound(next.partition)
            return .rewind(next.partition, to: next.checkpoint)
        }
        if let action = beginRetry(now) { return action }
        let unverified = held.filter { needsLook($0, now) }.map(\.holding)
        if !unverified.isEmpty {
            awaiting = .peeked(unverified)
            return .peek(unverified)
        }
        let unswept = held.filter { needsSweep($0, now) }.map(\.holding)
        if !unswept.isEmpty {
            awaiting = .swept(unswept.map(\.partition))
            return .sweep(unswept)
        }
        // Not before: a look would else take the turn of the read.
        hasJustRetried = false
        let (readable, count) = chooseReadable(now)
        guard !readable.isEmpty else {
            awaiting = .waited
            return .wait(untilNextDue(now))
        }
        awaiting = .delivered(readable, count: count)
        return .read(readable, count: count, block: untilNextDue(now))
    }

    /// Not read yet, or changed by an operator since.
    func needsSurvey(_ held: Held) -> Bool {
        guard let book = held.book else { return true }
        return view.revisions[held.holding.partition, default: 0] > book.revision
    }

    /// What waited long enough starts again from the checkpoint.
    private mutating func wake(_ now: Duration) {
        for index in held.indices {
            switch held[index].phase {
            case .missing(let until) where until <= now, .braked(let until) where until <= now:
                held[index].phase = .rewinding
            default: break
            }
        }
    }

    func needsLook(_ held: Held, _ now: Duration) -> Bool {
        switch held.phase {
        case .reading: !held.isDraining && now - held.verifiedAt >= settings.verifyEvery
        case .looking: true
        case .rewinding, .missing, .braked: false
        }
    }

    func needsSweep(_ held: Held, _ now: Duration) -> Bool {
        held.phase == .reading && now - held.sweptAt >= settings.sweepEvery
    }

    private func untilNextDue(_ now: Duration) -> Duration {
        // Who holds nothing soon looks again whether there is a lease: that costs nothing but a look.
        var due = held.isEmpty ? settings.claimEvery : settings.block
        if mayClaim(nextClaim) { due = min(due, nextClaim - now) }
        for held in held {
            switch held.phase {
            case .missing(let until), .braked(let until): due = min(due, until - now)
            case .rewinding, .looking, .reading: break
            }
            guard brake.pulls == 0, let next = held.book?.nextDue else { continue }
            due = min(due, next - now)
        }
        if hasSuspects { due = .zero }
        return max(.milliseconds(1), due)
    }

    func entry(_ partition: Partition) -> Held? { held.first { $0.holding.partition == partition } }

    mutating func update(_ partition: Partition, _ change: (inout Held) -> Void) {
        guard let index = held.firstIndex(where: { $0.holding.partition == partition }) else { return }
        change(&held[index])
    }

    mutating func drop(_ partition: Partition) { held.removeAll { $0.holding.partition == partition } }

    // MARK: Failure of a connection

    /// Drops both connections and everything held: what became of it is unknown, so it starts again at acquire.
    mutating func disconnect() -> WorkerAction {
        round = Round()
        submitted = nil
        retry = nil
        turn = .unwanted
        held.removeAll()
        mustReacquire = true
        awaiting = .disconnected
        return .disconnect
    }

    private mutating func backOff() -> WorkerAction {
        connectionFailures += 1
        let delay = settings.reconnect.delay(after: connectionFailures, using: &random)
        note(.reconnecting(attempt: connectionFailures, in: delay))
        awaiting = .waited
        return .wait(delay)
    }
}
