/// The outbox relay as a pure state machine: inspect · give positions · compare and append · audit · rebuild.
///
/// Any number of relays may run on the same partitions: positions are given under a lock in Postgres, and an append is
/// made only to a stream whose last id is the expected one. As with `WorkerProtocol`, every decision is here and no I/O.
package struct RelayProtocol: Sendable {
    package struct Settings: Hashable, Sendable {
        /// The most entries in one append.
        package var batchSize = 500
        /// The most positions given in one transaction.
        package var assignLimit = 1000
        /// The most delayed events that are moved in one transaction. Half of what is given in one: where a million is due at once,
        /// what is published meanwhile still has its half.
        package var dueLimit: Int { max(1, assignLimit / 2) }
        /// How long a relay that nobody woke waits before it looks into the outbox again.
        package var poll = Duration.milliseconds(50)
        package var auditEvery = Duration.seconds(2)
        /// So long after it was due, an audit goes before all appending.
        var overdue: Duration { auditEvery * 4 }
        /// At the next audit after this, since only a sound stream is trimmed.
        package var trimEvery = Duration.seconds(10)
        /// The most entries that are dropped from a stream, and from the log, at a time: while Redis drops them, all wait.
        package var trimLimit = 100_000
        /// Between two slices of a trim: for what has to be appended.
        package var trimPause = Duration.milliseconds(50)
        package var reconnect = Backoff(first: .milliseconds(50), cap: .seconds(2), floor: .milliseconds(10))
        package var refused = Backoff(first: .milliseconds(100), cap: .seconds(2), floor: .milliseconds(50))
        /// For a partition of which the relay cannot do what it does for the others.
        package var trouble = Backoff(first: .milliseconds(200), cap: .seconds(30), floor: .milliseconds(100))
        /// For a partition whose node is away: another one takes over within seconds, and is to be found soon.
        package var away = Backoff(first: .milliseconds(100), cap: .seconds(1), floor: .milliseconds(50))
        /// How long a partition's node is away, until another relay that stands by is let lead: it may reach it. Each time longer, while
        /// none that leads reaches all: all partitions wait for the change. Well above the time of a failover.
        package var resign = Backoff(first: .seconds(30), cap: .seconds(600))
        /// How long it then leaves the lead to others: they ask for it each second.
        package var resignsFor = Duration.seconds(3)
        /// After so many refusals with no append between them the connection is made anew: behind its name may be another server.
        package var refusalsUntilReconnect = 5
        /// Failures further apart than this are not in a row.
        package var steadyAfter = Duration.seconds(10)

        package init() {}
    }

    /// One partition and how far its stream is.
    struct Lane: Sendable {
        let partition: Partition
        /// The last id of the stream as far as known, and known to be in the log; nil: it has to be found out.
        var tail: EntryID?
        /// Given and not appended yet, right after the tail.
        var queue: [EntryID] = []
        /// The log may hold more past tail and queue.
        var hasMoreInLog = false
        /// As of the last look into the log: past where the stream is needed, and past where the log can make it again.
        var needed: Position = 0
        var rebuildsFrom: Position? = 0
        var refusals = 0
        var troubles = 0
        var troubledAt = Duration.zero
        /// It was not written to since, and there may be something to write.
        var isTroubled = false
        /// Since when its node is away.
        var awaySince: Duration?
        var pausedUntil = Duration.zero
        var auditAt = Duration.zero
        var trimAt = Duration.zero

        /// Positions up to here are left out when the stream is filled. Where the log reaches back to the stream's end, none
        /// are: while another relay makes the stream again, the groups are gone and nothing tells what they need.
        var fillsFrom: Position = 0

        /// Its stream is known, and has all that was given.
        var isDone: Bool { tail != nil && queue.isEmpty && !hasMoreInLog }

        /// It gets no more positions: its stream is not known, or does not take what was given before.
        func isHeldBack(_ now: Duration) -> Bool {
            tail == nil || pausedUntil > now || (refusals > 0 && (hasMoreInLog || !queue.isEmpty))
        }

        mutating func forget() {
            tail = nil
            queue = []
            hasMoreInLog = false
        }
    }

    indirect enum Awaiting: Sendable {
        case nothing
        case asked
        /// And what had to wait for it, if anything.
        case assigned(before: Deferred?)
        case inspected(Int)
        case consulted(Int, StreamState)
        case loaded(Int)
        case loadedForRebuild(Int)
        case tail(Int, mayAdopt: LogState?)
        case adopted(Int, count: Int)
        case setAside(Int, last: EntryID, isWhole: Bool)
        case appended(Int, [EntryID], next: Int?)
        case rebuilt(Int, [EntryID])
        case trimmed(Int)
        case resigned(Int)
        case disconnected
        case waited
        case stopped

        /// The lane whose stream, or log, it is about; nil: it is about none, or all.
        var lane: Int? {
            switch self {
            case .inspected(let lane), .consulted(let lane, _), .loaded(let lane), .loadedForRebuild(let lane),
                .tail(let lane, _), .adopted(let lane, _), .setAside(let lane, _, _), .appended(let lane, _, _),
                .rebuilt(let lane, _), .trimmed(let lane):
                lane
            case .nothing, .asked, .assigned, .resigned, .disconnected, .waited, .stopped: nil
            }
        }
    }

    struct Deferred: Sendable {
        let action: RelayAction
        let awaiting: Awaiting
    }

    package let settings: Settings
    var lanes: [Lane]
    var awaiting = Awaiting.nothing
    /// Positions were asked for and are not collected yet.
    var isAssigning = false
    /// The last look into the outbox gave nothing.
    var isOutboxEmpty = false
    /// The last look gave some partition as much as was asked for: there is probably more.
    var hasBacklog = false
    var dueEvents = DueMoves()
    var connectionFailures = 0
    var failedAt: Duration?
    /// Of all partitions, since the last append.
    var refusalsInARow = 0
    /// How often one that led has let another lead, since one last reached all nodes.
    package private(set) var resignations: Int
    /// Not asked again before.
    private var resignsAt = Duration.zero
    var isQuiet = false
    var random: SplitMix64
    private var notices: [RelayNotice] = []

    /// - Parameter resignations: Of the machine before.
    package init(partitions: [Partition], settings: Settings = Settings(), resignations: Int = 0, seed: UInt64) {
        self.resignations = resignations
        self.settings = settings
        self.lanes = partitions.map { Lane(partition: $0) }
        self.random = SplitMix64(seed: seed)
    }

    /// Stops after the action at hand; what is not appended yet waits in the log for the next relay. Idempotent.
    package mutating func quiet() { isQuiet = true }

    /// Every stream is known to hold all that was given and collected.
    package var isCaughtUp: Bool { lanes.allSatisfy(\.isDone) }

    package mutating func drainNotices() -> [RelayNotice] {
        defer { notices.removeAll(keepingCapacity: true) }
        return notices
    }

    mutating func note(_ notice: RelayNotice) { notices.append(notice) }

    /// Takes the answer to the last action (`.done` the first time) and says what to do next.
    package mutating func next(_ input: RelayInput, at now: Duration) -> RelayAction {
        let action = step(input, now)
        guard isAssigning, action.needsPostgres else { return action }
        return collect(before: Deferred(action: action, awaiting: awaiting))
    }

    private mutating func step(_ input: RelayInput, _ now: Duration) -> RelayAction {
        let awaited = awaiting
        awaiting = .nothing
        if case .failed = input { return disconnect() }
        if case .troubled = input { return trouble(awaited, settings.trouble, now) }
        if case .away = input {
            if let lane = awaited.lane { lanes[lane].awaySince = lanes[lane].awaySince ?? now }
            return trouble(awaited, settings.away, now)
        }
        switch (awaited, input) {
        case (.nothing, .done), (.asked, .done): return decide(now)
        case (.waited, .done):
            isOutboxEmpty = false
            if resignations > 0, lanes.allSatisfy({ $0.tail != nil }) { resignations = 0 }
            return decide(now)
        case (.disconnected, .done): return backOff(now)
        case (.assigned(let deferred), .assigned(let assignments, let hasMore, let troubled, let due)):
            isAssigning = false
            found(due, hasMoved: hasMore || !assignments.isEmpty, now)
            isOutboxEmpty = assignments.isEmpty && !hasMore
            hasBacklog = hasMore || assignments.contains { $0.ids.count >= settings.assignLimit }
            for assignment in assignments { enqueue(assignment) }
            for lane in lanes.indices where lanes[lane].isTroubled || !troubled.isEmpty {
                if troubled.contains(lanes[lane].partition) {
                    trouble(lane, settings.trouble, now)
                } else if lanes[lane].isDone {
                    noteUntroubled(lane)
                }
            }
            guard let deferred else { return decide(now) }
            awaiting = deferred.awaiting
            return deferred.action
        case (.inspected(let lane), .inspected(let state)):
            lanes[lane].awaySince = nil
            return compare(lane, state, now)
        case (.consulted(let lane, let state), .consulted(let log)):
            return reconcile(lane, state, log, now)
        case (.loaded(let lane), .loaded(let ids)):
            // It may be fewer than asked for: large ones are loaded a few at a time. That there are none tells the end.
            lanes[lane].queue = ids
            lanes[lane].hasMoreInLog = !ids.isEmpty
            return decide(now)
        case (.loadedForRebuild(let lane), .loaded(let ids)):
            awaiting = .rebuilt(lane, ids)
            return .stream(.rebuild(lanes[lane].partition, ids))
        case (.tail(let lane, let mayAdopt), .tail(let entries)): return judge(lane, entries, mayAdopt, now)
        case (.adopted(let lane, let count), .adopted(let isAdopted)):
            if isAdopted { note(.adopted(lanes[lane].partition, count: count)) }
            return inspect(lane)
        case (.setAside(let lane, let last, let isWhole), .done):
            guard isWhole else { return readTail(lane, after: last, mayAdopt: nil) }
            return loadForRebuild(lane, now)
        case (.appended(let lane, let ids, let next), .appended(let outcome, let state)):
            settle(lane, ids, outcome, now)
            if mustReconnect() { return disconnect() }
            guard let next, let state else { return decide(now) }
            return compare(next, state, now)
        case (.rebuilt(let lane, let ids), .appended(let outcome, _)):
            settleRebuild(lane, ids, outcome, now)
            return mustReconnect() ? disconnect() : decide(now)
        case (.trimmed(let lane), .trimmed(let outcome)):
            settleTrim(lane, outcome, now)
            return decide(now)
        case (.resigned(let lane), .resigned(let isLed)): return resign(lane, isLed, now)
        case (.stopped, _): preconditionFailure("a stopped relay was asked for its next action")
        default: preconditionFailure("\(input) does not answer \(awaited)")
        }
    }

    // MARK: The next thing to do

    mutating func decide(_ now: Duration) -> RelayAction {
        if isQuiet {
            awaiting = .stopped
            return .stop
        }
        if let lane = lanes.firstIndex(where: { mustResign($0, now) }) {
            awaiting = .resigned(lane)
            return .resign
        }
        // Nothing is given before its stream is known: it may hold what Postgres has lost.
        if let unknown = firstLane(now, where: { $0.tail == nil }) { return inspect(unknown) }
        // With a backlog in every stream there is always something to append; what is overdue by far is not put off for it.
        if let overdue = firstLane(now, where: { $0.auditAt + settings.overdue <= now }) { return inspect(overdue) }
        let mayAssign = !isAssigning && lanes.contains { !$0.isHeldBack(now) }
        // While Redis takes what was given, Postgres gives the next; one request ahead, no more.
        let hasMore = hasBacklog || dueEvents.mayMove(now)
        if mayAssign, hasMore, firstLane(now, where: \.hasMoreInLog) == nil { return assign(now) }
        if let waiting = firstLane(now, where: { !$0.queue.isEmpty }) { return inspect(waiting) }
        if let behind = firstLane(now, where: \.hasMoreInLog), let tail = lanes[behind].tail {
            awaiting = .loaded(behind)
            return .log(
                .load(
                    lanes[behind].partition,
                    after: max(tail.position, lanes[behind].fillsFrom),
                    limit: settings.batchSize
                )
            )
        }
        if let due = firstLane(now, where: { $0.auditAt <= now }) { return inspect(due) }
        if isAssigning { return collect(before: nil) }
        if mayAssign, !isOutboxEmpty { return assign(now) }
        awaiting = .waited
        return .wait(settings.poll)
    }

    private mutating func assign(_ now: Duration) -> RelayAction {
        isAssigning = true
        hasBacklog = false
        awaiting = .asked
        return .outbox(
            .assign(
                limit: settings.assignLimit,
                due: dueEvents.beginMoving(now) ? settings.dueLimit : 0,
                except: lanes.filter { $0.isHeldBack(now) }.map(\.partition)
            )
        )
    }

    private mutating func collect(before deferred: Deferred?) -> RelayAction {
        awaiting = .assigned(before: deferred)
        return .outbox(.collect)
    }

    private func firstLane(_ now: Duration, where isDue: (Lane) -> Bool) -> Int? {
        lanes.firstIndex { $0.pausedUntil <= now && isDue($0) }
    }

    mutating func inspect(_ lane: Int) -> RelayAction {
        awaiting = .inspected(lane)
        return .stream(.inspect(lanes[lane].partition))
    }

    private mutating func enqueue(_ assignment: RelayInput.Assignment) {
        guard let lane = lanes.firstIndex(where: { $0.partition == assignment.partition }),
            let first = assignment.ids.first
        else { return }
        let end = lanes[lane].queue.last ?? lanes[lane].tail
        if end?.position == first.position - 1, !lanes[lane].hasMoreInLog {
            lanes[lane].queue += assignment.ids
        } else {
            // Another relay gave the positions between; the log has them all.
            lanes[lane].queue = []
            lanes[lane].hasMoreInLog = true
        }
    }

    /// What the last look found of delayed events that are due.
    private mutating func found(_ due: RelayInput.DueEvents, hasMoved: Bool, _ now: Duration) {
        switch due {
        case .none: dueEvents.foundNone()
        case .some: dueEvents.foundSome(hasMoved: hasMoved, lookingAgainIn: settings.poll, now)
        case .troubled:
            let delay = dueEvents.failed(settings.trouble, using: &random, now)
            note(.dueTroubled(retryIn: delay))
        }
    }

    // MARK: Trouble of one partition

    private mutating func trouble(_ awaited: Awaiting, _ backoff: Backoff, _ now: Duration) -> RelayAction {
        guard let lane = awaited.lane else { return disconnect() }
        trouble(lane, backoff, now)
        return decide(now)
    }

    /// What became of its last command may be unknown: it is looked at anew, each time later; all others go on.
    private mutating func trouble(_ lane: Int, _ backoff: Backoff, _ now: Duration) {
        lanes[lane].forget()
        if now - lanes[lane].troubledAt > settings.trouble.cap * 2 { lanes[lane].troubles = 0 }
        lanes[lane].troubles += 1
        lanes[lane].troubledAt = now
        lanes[lane].isTroubled = true
        let delay = backoff.delay(after: lanes[lane].troubles, using: &random)
        lanes[lane].pausedUntil = now + delay
        note(.troubled(lanes[lane].partition, retryIn: delay))
    }

    /// Its stream was looked at, and all that it is given is in it; or something was appended.
    mutating func noteUntroubled(_ lane: Int) {
        guard lanes[lane].isTroubled else { return }
        lanes[lane].isTroubled = false
        note(.untroubled(lanes[lane].partition))
    }

    // MARK: Letting another lead

    private func mustResign(_ lane: Lane, _ now: Duration) -> Bool {
        guard let since = lane.awaySince, resignsAt <= now else { return false }
        return now - since >= min(settings.resign.cap, settings.resign.first * (1 << min(resignations, 20)))
    }

    /// Where nobody stands by all goes on, and it is asked again later.
    private mutating func resign(_ lane: Int, _ isLed: Bool, _ now: Duration) -> RelayAction {
        resignsAt = now + settings.resign.first
        guard isLed else { return decide(now) }
        note(.resigned(lanes[lane].partition, awayFor: now - (lanes[lane].awaySince ?? now)))
        resignations += 1
        _ = disconnect()
        awaiting = .waited
        return .wait(settings.resignsFor)
    }

    // MARK: Failure of a connection

    /// Asked once a refusal.
    private mutating func mustReconnect() -> Bool {
        guard refusalsInARow >= settings.refusalsUntilReconnect else { return false }
        refusalsInARow = 0
        return true
    }

    /// What became of the last command is unknown, so every stream has to be looked at again before anything is given.
    private mutating func disconnect() -> RelayAction {
        for lane in lanes.indices { lanes[lane].forget() }
        isAssigning = false
        hasBacklog = false
        isOutboxEmpty = false
        dueEvents.forget()
        awaiting = .disconnected
        return .disconnect
    }

    /// Some partitions of a server may answer while it takes nothing of others: only time tells that a connection is sound.
    private mutating func backOff(_ now: Duration) -> RelayAction {
        if let failedAt, now - failedAt > settings.steadyAfter { connectionFailures = 0 }
        failedAt = now
        connectionFailures += 1
        let delay = settings.reconnect.delay(after: connectionFailures, using: &random)
        note(.reconnecting(attempt: connectionFailures, in: delay))
        awaiting = .waited
        return .wait(delay)
    }
}
