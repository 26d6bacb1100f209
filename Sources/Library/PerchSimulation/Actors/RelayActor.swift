import PerchProtocol

/// The shell of `RelayProtocol`: performs its actions as single operations on the simulated servers.
final class RelayActor: SimulatedActor {
    private enum Stage {
        case simple
        case collecting
        case loading(Int)
        case lockingToAdopt
        case committingAdoption(Bool)
        case inspecting(Int)
        case appending(Int, [LogRow], inspecting: Int?)
        case hesitating(Int, [LogRow], inspecting: Int?)
        case rebuilding
        case readingTail
        case retaining(Int)
        case trimming(Int, EntryID, hasMore: Bool)
        case dropping(hasMore: Bool)
        case appendingAgain(Int)
        case assigningBlindly(step: Int)
    }

    private(set) var machine: RelayProtocol
    private var stage = Stage.simple
    /// What was given or loaded and not appended yet, with its payload, by partition.
    private var rows: [[LogRow]]
    private var tail: [Entry] = []
    private var lostAppends: [[LogRow]]
    private var believed: [EntryID?]
    /// Which stream is watched at which node, and by which connection.
    var watches: [Int: (stream: Int, link: Int?)] = [:]
    /// What a sabotage takes the streams to be, wherever they have gone.
    private var keptStates: [Int: (address: Int, state: StreamState)] = [:]

    override init(_ role: Role, index: Int, process: Int, in simulation: Simulation, token: Int) {
        var settings = RelayProtocol.Settings()
        settings.batchSize = simulation.scenario.relayBatchSize
        settings.assignLimit = simulation.scenario.assignLimit
        settings.poll = .milliseconds(150)
        settings.trimEvery = .milliseconds(1700)
        settings.trimLimit = simulation.scenario.trimLimit
        if simulation.sabotage == .noAudit { settings.auditEvery = .seconds(3600) }
        if simulation.sabotage == .readOnlyTakenAsRefusal { settings.refusalsUntilReconnect = .max }
        machine = RelayProtocol(partitions: simulation.partitions, settings: settings, seed: simulation.random.next())
        rows = Array(repeating: [], count: simulation.scenario.partitions)
        lostAppends = rows
        believed = Array(repeating: nil, count: simulation.scenario.partitions)
        super.init(role, index: index, process: process, in: simulation, token: token)
    }

    override func start() {
        if simulation.sabotage == .assignBeforeInspect { return assignBlindly() }
        advance(.done)
    }

    private func advance(_ input: RelayInput) {
        let action = machine.next(input, at: .microseconds(simulation.now))
        for notice in machine.drainNotices() {
            simulation.trace("\(name) NOTE \(notice)")
            if case .tailLost(let partition, _) = notice { simulation.checkTailLost(partition.number.rawValue) }
        }
        simulation.trace("\(name) \(input) → \(action)")
        perform(action)
    }

    // MARK: Actions

    private func perform(_ action: RelayAction) {
        switch action {
        case .outbox(let action): perform(action)
        case .log(let action): perform(action)
        case .stream(let action): perform(action)
        case .trim(let partition, let id, let limit): retain(partition.number.rawValue, before: id, most: limit)
        // All of these relays are active.
        case .resign: advance(.resigned(false))
        case .disconnect:
            disconnect()
            watches = [:]
            keptStates = [:]
            assigner?.abandon()
            for partition in rows.indices { rows[partition] = [] }
            if simulation.sabotage == .assignBeforeInspect { return assignBlindly() }
            stage = .simple
            advance(.done)
        case .wait(let time):
            stage = .simple
            wait(time.virtual)
        case .stop: break
        }
    }

    private func perform(_ action: RelayAction.Outbox) {
        switch action {
        case .assign(let limit, let due, let except):
            let wanted = simulation.partitions.filter { !except.contains($0) }.map(\.number.rawValue)
            assigner?.ask(wanted, limit: limit, due: due)
            advance(.done)
        case .collect:
            stage = .collecting
            awaitedLink = nil
            assignmentEnded()
        }
    }

    private func perform(_ action: RelayAction.Log) {
        switch action {
        case .consult(let partition, let state):
            stage = .simple
            send(.consult(partition.number.rawValue, state), to: 0)
        case .load(let partition, let after, let limit):
            stage = .loading(partition.number.rawValue)
            send(.load(partition.number.rawValue, after: after, limit: limit), to: 0)
        case .adopt(let partition, let ids):
            stage = .lockingToAdopt
            let entries = tail.filter { ids.contains($0.id) }
            send(
                .begin(idleTimeout: simulation.scenario.idleTimeout),
                .lockPartition(partition.number.rawValue),
                .adopt(partition.number.rawValue, entries),
                to: 0
            )
        case .setAside(let partition, let ids):
            stage = .simple
            send(.setAside(partition.number.rawValue, tail.filter { ids.contains($0.id) }), to: 0)
        }
    }

    private func perform(_ action: RelayAction.Stream) {
        switch action {
        case .inspect(let partition):
            stage = .inspecting(partition.number.rawValue)
            forgetWatch(partition.number.rawValue)
            simulation.send([.unwatch] + inspection(partition.number.rawValue), from: self)
        case .readTail(let partition, let after, let limit):
            stage = .readingTail
            send(RedisCommand.range(partition.number.rawValue, after: after, count: limit))
        case .append(let partition, let ids, _, let inspecting):
            append(partition.number.rawValue, ids, inspecting?.number.rawValue)
        case .rebuild(let partition, let ids): rebuild(partition.number.rawValue, ids)
        }
    }

    private var assigner: AssigningActor? { simulation.actors[index + 1] as? AssigningActor }

    /// The request for positions has come to its end, or is asked whether it has.
    func assignmentEnded() {
        guard case .collecting = stage, let outcome = assigner?.takeOutcome() else { return }
        stage = .simple
        switch outcome {
        case .given(let runs, let hasMore, let isDue):
            for run in runs { rows[run.partition] += run.rows }
            advance(
                .assigned(
                    runs.map { .init(partition: simulation.partitions[$0.partition], ids: $0.rows.map(\.id)) },
                    hasMore: hasMore,
                    due: isDue && simulation.sabotage != .dueNotLookedFor ? .some : .none
                )
            )
        case .failed: advance(.failed)
        }
    }

    private func inspection(_ partition: Int) -> [RedisCommand] {
        let looks: [RedisCommand] = [.groups(partition), .info(partition)]
        let isUnwatched = simulation.sabotage == .appendWithoutWatch || simulation.sabotage == .appendWithoutCompare
        return isUnwatched ? looks : [.watch(partition)] + looks
    }

    private func append(_ partition: Int, _ ids: [EntryID], _ next: Int?) {
        let batch = ids.compactMap { id in rows[partition].first { $0.id == id } }
        // What the watch is for seldom happens in the moment between compare and append: here that moment is made longer.
        if simulation.sabotage == .appendWithoutWatch, simulation.isFaulty, simulation.random.chance(perMille: 500) {
            stage = .hesitating(partition, batch, inspecting: next)
            return wait(Int64(simulation.random.between(1, 2_000_000)))
        }
        append(partition, batch, inspecting: next)
    }

    private func append(_ partition: Int, _ batch: [LogRow], inspecting next: Int?) {
        stage = .appending(partition, batch, inspecting: next)
        guard takeWatch(partition) else { return advance(.appended(.raced, next: nil)) }
        let isPlain = simulation.sabotage == .plainAppendWithStar
        let adds = batch.map { RedisCommand.add(partition, isPlain ? nil : $0.id, event: $0.event) }
        let isBare = simulation.sabotage == .appendWithoutCompare
        let bell = simulation.nodes.isCluster ? [RedisCommand.ring(partition)] : []
        if let next { forgetWatch(next) }
        simulation.send((isBare ? adds + bell : [.exec(adds + bell)]) + (next.map(inspection) ?? []), from: self)
    }

    private func rebuild(_ partition: Int, _ ids: [EntryID]) {
        stage = .rebuilding
        var batch = ids.compactMap { id in rows[partition].first { $0.id == id } }
        if simulation.sabotage == .rebuildFromWrongPosition { batch = Array(batch.dropFirst()) }
        var commands = [RedisCommand.drop(partition)]
        commands += batch.map { .add(partition, $0.id, event: $0.event) }
        if let last = batch.last { commands.append(.setID(partition, last.id)) }
        guard takeWatch(partition) else { return advance(.appended(.raced, next: nil)) }
        if simulation.nodes.isCluster { commands.append(.ring(partition)) }
        send(.exec(commands))
    }

    // MARK: Replies

    override func resume(_ reply: Reply) {
        switch reply {
        case .timer:
            guard case .hesitating(let partition, let batch, let next) = stage else { return advance(.done) }
            append(partition, batch, inspecting: next)
        case .broken:
            if case .appending(let partition, let batch, _) = stage,
                simulation.sabotage == .lostReplyAppendedAgainWithNewIds
            {
                lostAppends[partition] = batch
            }
            if case .assigningBlindly = stage {
                disconnect()
                stage = .simple
                return advance(.done)
            }
            advance(.failed)
        case .redis(let replies): resume(replies)
        case .postgres(let replies): resume(replies)
        }
    }

    private func resume(_ replies: [PostgresReply]) {
        guard let last = replies.last else { return advance(.failed) }
        if case .refused = last {
            disconnect()
            return advance(.failed)
        }
        switch (stage, last) {
        case (.loading(let partition), .rows(let loaded)):
            rows[partition] = loaded
            advance(.loaded(loaded.map(\.id)))
        case (.lockingToAdopt, .adopted(let isAdopted)):
            stage = .committingAdoption(isAdopted)
            send(.commit, to: 0)
        case (.committingAdoption(let isAdopted), .tag(true)): advance(.adopted(isAdopted))
        case (.retaining(let partition), .firstKept(let first, let hasMore)):
            guard let first else { return advance(.trimmed(.done)) }
            guard takeWatch(partition) else { return advance(.trimmed(.raced)) }
            stage = .trimming(partition, first, hasMore: hasMore)
            send(.exec([.trim(partition, below: first)]))
        case (.assigningBlindly(let step), _): assignBlindly(step + 1, replies)
        case (.dropping(let hasMore), _): advance(.trimmed(hasMore ? .more : .done))
        case (.simple, .log(let log)): advance(.consulted(log))
        case (.simple, _): advance(.done)
        default: advance(.failed)
        }
    }

    private func resume(_ replies: [RedisReply]) {
        if replies.contains(where: \.isReadOnly), simulation.sabotage != .readOnlyTakenAsRefusal {
            return advance(.failed)
        }
        if let refusal = replies.lazy.compactMap(\.nodeRefusal).first, let input = input(refusal, replies) {
            return advance(input)
        }
        switch stage {
        case .inspecting(let partition):
            // Something is wrong with this stream alone, for once.
            if simulation.isFaulty, simulation.random.chance(perMille: 4) { return advance(.troubled) }
            if isAway() { return advance(.away) }
            if !lostAppends[partition].isEmpty, case .info(let info)? = replies.last {
                return appendAgain(partition, info?.last ?? .zero)
            }
            noteWatch(partition)
            advance(state(partition, replies).map(RelayInput.inspected) ?? .failed)
        case .appendingAgain(let partition):
            stage = .inspecting(partition)
            simulation.send([.unwatch] + inspection(partition), from: self)
        case .appending(let partition, let batch, let next): appended(partition, batch, next, replies)
        case .rebuilding: advance(isAway() ? .away : .appended(outcome(replies[0]), next: nil))
        case .readingTail:
            guard case .entries(let entries)? = replies.first else { return advance(.failed) }
            tail = entries
            advance(.tail(entries.map { .init(id: $0.id, isOurs: $0.isOurs) }))
        case .trimming(let partition, let first, let hasMore):
            if case .null? = replies.first { return advance(.trimmed(.raced)) }
            guard simulation.scenario.dropsLog, case .exec? = replies.first else {
                return advance(.trimmed(hasMore ? .more : .done))
            }
            stage = .dropping(hasMore: hasMore)
            send(.dropLog(partition, before: first), to: 0)
        default: advance(.done)
        }
    }

    /// What it means that a node has not done what it was asked for; nil: it was about the next stream, whose trouble is its own.
    private func input(_ refusal: RedisRefusal, _ replies: [RedisReply]) -> RelayInput? {
        switch stage {
        case .appending(let partition, _, _):
            guard replies.first?.nodeRefusal == .away else { return nil }
            rows[partition] = []
            return .away
        case .rebuilding: return refusal == .away ? .away : nil
        case .trimming: return refusal == .away ? .away : .trimmed(.raced)
        default: return .away
        }
    }

    /// The node of a cluster that has this stream is away for a while; the others are not.
    private func isAway() -> Bool { simulation.isFaulty && simulation.random.chance(perMille: 4) }

    private func state(_ partition: Int, _ replies: [RedisReply]) -> StreamState? {
        guard replies.count >= 2, case .groups(let groups) = replies[replies.count - 2],
            case .info(let info) = replies[replies.count - 1]
        else { return nil }
        var state = StreamState(last: info?.last ?? .zero, length: Int64(info?.length ?? 0), first: info?.first)
        state.endsForeign = info?.lastEntry.map { $0.id == info?.last && !$0.isOurs } ?? false
        if simulation.sabotage != .groupsNotLookedAt {
            state.lowestGroup = groups.compactMap { $0?.lastDelivered }.min()
        }
        state.acknowledgedBefore = acknowledged(groups)
        if simulation.sabotage == .appendWithoutCompare {
            state.last = believed[partition] ?? state.last
            believed[partition] = state.last
        }
        if simulation.sabotage == .tailKeptOverMovedSlot, simulation.nodes.isCluster {
            let address = known.addresses[partition]
            if let kept = keptStates[partition], kept.address != address { return kept.state }
            keptStates[partition] = (address, state)
        }
        return state
    }

    private func appended(_ partition: Int, _ batch: [LogRow], _ next: Int?, _ replies: [RedisReply]) {
        let isBare = simulation.sabotage == .appendWithoutCompare
        let outcome: RelayInput.AppendOutcome
        if isBare {
            outcome = replies.prefix(batch.count).contains { $0.isOutOfMemory } ? .refused : .appended
            believed[partition] = batch.last?.id
        } else {
            outcome = self.outcome(replies[0])
        }
        // It was done, or not, and the node went away before it said so.
        if isAway() {
            rows[partition] = []
            return advance(.away)
        }
        if outcome == .appended { rows[partition].removeAll { row in batch.contains { $0.id == row.id } } }
        if outcome == .refused { rows[partition] = [] }
        if outcome == .appended, let last = batch.last?.id {
            keptStates[partition]?.state.length += Int64(batch.count)
            keptStates[partition]?.state.last = last
        }
        let inspected = next.flatMap { next in replies.suffix(2).contains { $0.isRefusal } ? nil : state(next, replies)
        }
        if let next, inspected != nil { noteWatch(next) }
        advance(.appended(outcome, next: inspected))
    }

    /// What an EXEC answers: null: a watched key changed; an error inside: somebody moved the stream's last id by hand.
    private func outcome(_ reply: RedisReply) -> RelayInput.AppendOutcome {
        switch reply {
        case .exec(let replies): replies.contains { $0.isRefusal } ? .raced : .appended
        case .null: .raced
        case .refused(.moved), .refused(.ask): simulation.sabotage == .abortTakenAsAppended ? .appended : .raced
        default: .refused
        }
    }

    /// Before which id every group has acknowledged everything; nil: a declared group is missing.
    private func acknowledged(_ groups: [GroupInfo?]) -> EntryID? {
        var bound = EntryID(milliseconds: .max, position: .max)
        if simulation.sabotage == .trimWithoutGroups { return bound }
        for group in groups {
            guard let group else { return nil }
            let next = EntryID(
                milliseconds: group.lastDelivered.milliseconds,
                position: group.lastDelivered.position + 1
            )
            bound = min(bound, group.lowestPending ?? next, next)
        }
        return bound
    }

    private func retain(_ partition: Int, before id: EntryID, most: Int) {
        stage = .retaining(partition)
        let age = simulation.scenario.retention / 1000
        send(.retain(partition, below: id, olderThan: simulation.milliseconds - age, most: most), to: 0)
    }

    // MARK: Sabotages

    private func appendAgain(_ partition: Int, _ last: EntryID) {
        var position = last.position
        let commands = lostAppends[partition].map { row -> RedisCommand in
            position += 1
            let id = EntryID(milliseconds: max(simulation.milliseconds, last.milliseconds), position: position)
            return .add(partition, id, event: row.event)
        }
        lostAppends[partition] = []
        stage = .appendingAgain(partition)
        simulation.send(commands, from: self)
    }

    /// Gives positions without having looked at the streams, in three trips, and goes on as if nothing had been.
    private func assignBlindly(_ step: Int = 0, _ replies: [PostgresReply] = []) {
        stage = .assigningBlindly(step: step)
        switch step {
        case 0: send(.begin(idleTimeout: nil), .lockPartitions(Array(rows.indices)), to: 0)
        case 1:
            guard case .partitions(let locked)? = replies.last else { return advance(.failed) }
            send(.assign(locked, limit: 10), .commit, to: 0)
        default:
            stage = .simple
            advance(.done)
        }
    }
}
