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
        /// How long the node of a partition's stream is away, until the lease is given back: another worker may reach it. Well above the
        /// time of a failover.
        package var leavesAway = Duration.seconds(30)
        /// How long it is then left to others, unless none of them takes it.
        package var leavesFor = Duration.seconds(60)
        /// How long a lease lies free, until who has its share takes it all the same: those that lack some leave it.
        package var straysAfter = Duration.seconds(5)
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
        /// By topic; where there is none, none.
        package var limits: [TopicName: WorkLimit] = [:]
        /// How long what a limit has allowed may be begun.
        package var allowance = Duration.seconds(1)
        /// How long nothing is asked of a limit after there was no slot.
        package var slot = Backoff(first: .milliseconds(50), cap: .milliseconds(250), floor: .milliseconds(25))
        /// How long a worker takes slots one after another while others wait for one.
        package var limitTurn = Duration.seconds(1)
        /// Off only in the simulation, which must then catch it.
        package var verifiesBatches = true
        /// Whether the next round is read and sent while Postgres still writes the one before.
        package var readsAhead = true

        package init() {}
    }

    /// Which answer the machine waits for.
    enum Awaiting: Sendable {
        case nothing
        case acquired
        case released
        case surveyed
        case rewound(Partition)
        /// - Parameter limit: Whose partitions these are, where they are read by themselves.
        case delivered([Partition], count: Int, limit: LimitName? = nil)
        case peeked([Holding])
        case swept([Partition])
        case round(RoundStep)
        case ahead(AheadStep)
        case retry(RetryStep)
        case limit(LimitStep)
        case acknowledged
        case disconnected
        case waited
        case stopped
    }

    package let settings: Settings
    var held = HeldPartitions()
    var claims: LeaseClaims
    var awaiting = Awaiting.nothing
    var round = Round()
    /// The round before, whose COMMIT is sent and not answered yet.
    var submitted: Round?
    var retry: Retry?
    var brake = Brake()
    // These outlast a lost connection.
    var narrowings = Narrowings()
    var retryNarrowings = Narrowings()
    var cautions = Cautions()
    var retryCautions = RetryCautions()
    var turn = CautionTurn()
    var limits: LimitBook
    /// Reading and retrying take turns.
    var hasJustRetried = false
    var isQuiet = false
    var connectionFailures = 0
    var random: SplitMix64
    private var notices: [WorkerNotice] = []

    package init(settings: Settings = Settings(), seed: UInt64) {
        self.settings = settings
        claims = LeaseClaims(straysAfter: settings.straysAfter, leavesFor: settings.leavesFor)
        self.random = SplitMix64(seed: seed)
        limits = LimitBook(settings.limits)
    }

    /// What is held now, in the partitions' order.
    package var holdings: [Holding] { held.holdings }

    /// Partitions held that wait for a missing entry, or that the brake has stopped.
    package var stalled: [Partition] { held.filter { $0.wakesAt != nil }.map(\.partition) }

    /// Begins nothing more: what is handled of the round at hand is committed, the rest is the next owner's; then it gives all
    /// leases back and stops. Idempotent.
    package mutating func quiet() { isQuiet = true }

    package mutating func observe(_ view: LeaseView) { claims.observe(view) }

    /// Whether it wants to try an event that may end the process: see `CautionTurn`.
    package var wantsCautionTurn: Bool { turn.isWanted }

    package mutating func grantCautionTurn(_ isGranted: Bool) { turn.grant(isGranted) }

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
                if held[survey.partition]?.book != nil { retryCautions.forgetCounted(survey.partition) }
                held.update(survey.partition) { $0.hasSurveyed(FailureBook(survey, now: now)) }
            }
        case (.released, .done): break
        case (.rewound(let partition), .done):
            held.update(partition) { $0.hasRewound(now) }
        case (.rewound(let partition), .troubled): trouble(partition, now)
        case (.rewound(let partition), .away): miss(partition, .away, now)
        case (.delivered(let partitions, let count, let limit), .delivered(let batches, let unread)):
            connectionFailures = 0
            plan(batches, atMost: count, now)
            if let limit { hasReadLimited(limit, partitions, batches, atMost: count, now) }
            for partition in partitions where !round.contains(partition) {
                if let reason = unread[partition] {
                    miss(partition, reason, now)
                } else {
                    relax(partition, ifNothingIsIn: batches, now)
                }
            }
            dropUnbegun()
            if !round.isEmpty { return beginRound(now) }
        case (.peeked(let asked), .peeked(let found)): verify(asked, found, now)
        case (.swept(let partitions), .done):
            for partition in partitions { held.update(partition) { $0.hasSwept(now) } }
        case (.round(let step), _): return continueRound(step, input, now)
        case (.ahead(let step), _): return continueAhead(step, input, now)
        case (.retry(let step), _): return continueRetry(step, input, now)
        case (.limit(.asked(let name)), .allowed(let answers)): return continueReadingLimited(name, answers, now)
        case (.acknowledged, .done): break
        case (.disconnected, .done): return backOff()
        case (.waited, .done):
            dropUnbegun()
            if !round.isEmpty { return beginRound(now) }
        case (.stopped, _): preconditionFailure("a stopped worker was asked for its next action")
        default: preconditionFailure("\(input) does not answer \(awaited)")
        }
        return decide(now)
    }

    // MARK: The next thing to do

    mutating func decide(_ now: Duration) -> WorkerAction {
        turn.yield()
        if isQuiet { return releaseAll() }
        dropLost()
        claims.follow(now)
        if claims.isDue(holding: held, now) {
            awaiting = .acquired
            let limit = claims.begin(holding: held, now, every: settings.claimEvery)
            return .leases(.acquire(limit: limit, keeping: held.map(\.partition) + claims.leftToOthers(now)))
        }
        let surplus = claims.surplus(of: held, now)
        if !surplus.isEmpty { return release(surplus) }
        let away = away(now)
        if !away.isEmpty { return leave(away, now) }
        held.wake(now)
        letBrakeGo()
        let unread = held.filter(needsSurvey).map(\.holding)
        if !unread.isEmpty {
            awaiting = .surveyed
            return .failures(.survey(unread))
        }
        if let next = held.first(where: { $0.phase == .rewinding })?.holding {
            awaiting = .rewound(next.partition)
            return .streams(.rewind(next.partition, to: next.checkpoint))
        }
        if let action = beginRetry(now) { return action }
        let unverified = held.filter {
            // What is throttled is known to have more.
            $0.needsLook(now, every: settings.verifyEvery)
                && !($0.phase == .reading && limits.isThrottled($0.partition.topic))
        }.map(\.holding)
        if !unverified.isEmpty {
            awaiting = .peeked(unverified)
            return .streams(.peek(unverified))
        }
        let unswept = held.filter { $0.needsSweep(now, every: settings.sweepEvery) }.map(\.holding)
        if !unswept.isEmpty {
            awaiting = .swept(unswept.map(\.partition))
            return .streams(.sweep(unswept))
        }
        // Not before: a look would else take the turn of the read.
        hasJustRetried = false
        if !limits.isEmpty, let action = readLimited(now) { return action }
        let (readable, count) = chooseReadable(now)
        guard !readable.isEmpty else {
            awaiting = .waited
            return .wait(untilNextDue(now))
        }
        awaiting = .delivered(readable, count: count)
        return .streams(.read(readable, count: count, block: untilNextDue(now)))
    }

    func needsSurvey(_ held: HeldPartition) -> Bool { held.needsSurvey(at: claims.revision(of: held.partition)) }

    private func untilNextDue(_ now: Duration) -> Duration {
        // Who holds nothing soon looks again whether there is a lease: that costs nothing but a look.
        var due = held.isEmpty ? settings.claimEvery : settings.block
        if let next = claims.nextClaim(holding: held, now) { due = min(due, next - now) }
        for held in held {
            if let wakesAt = held.wakesAt { due = min(due, wakesAt - now) }
            let limit = limits.waitsUntil(held.partition.topic)
            if let limit { due = min(due, limit - now) }
            guard !brake.isPulled, let next = held.book?.nextDue else { continue }
            due = min(due, max(next, limit ?? next) - now)
        }
        if hasSuspects(now) { due = .zero }
        return max(.milliseconds(1), due)
    }

    // MARK: Failure of a connection

    /// Drops both connections and everything held: what became of it is unknown, so it starts again at acquire.
    mutating func disconnect() -> WorkerAction {
        round = Round()
        submitted = nil
        retry = nil
        limits.forget()
        turn.drop()
        held.dropAll()
        claims.reacquire()
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
