import PerchProtocol

/// The shell of `WorkerProtocol`: performs its actions as single operations on the simulated servers.
final class WorkerActor: SimulatedActor {
    enum Stage {
        case starting
        case simple
        case registering(limit: Int, keeping: [Partition])
        case claiming
        case taking([PostgresReply.ClaimedLease], next: Int, [Holding])
        case committingAcquisition([Holding], [Takeover])
        case releasing([Holding], next: Int)
        case rewinding(Int, EntryID)
        case rewindPending(Int, EntryID)
        case rewindAcknowledging(Int, EntryID)
        case reading([Partition])
        /// What is there now at the nodes of a cluster, and how long to wait where there is nothing.
        case looking([Partition], count: Int, block: Int64)
        case listening([Partition], count: Int)
        case peeking([Holding])
        case acknowledging
        case sweeping([Holding])
        case asking
        case occupying
        case surveying
        case counting
        case attempting(EventFailure?)
        case fetching
        case settling
        case confirming(Partition)
        case handling([WorkerAction.Slice], next: Int)
        /// The worker is to stop, and looked at that between two events.
        case handlingLast([Partition: Position])
        case fencing(Fence)
        case committing
        case committingEffects
        case committingParked
        case awaitingOutcome
        case rollingBack
        case signingOff
    }

    private(set) var machine: WorkerProtocol
    let owner: Int
    let database: Int
    let group: Int
    var stage = Stage.starting
    /// What the last two reads delivered, by partition.
    var entries: [[Entry]]
    private var entriesBefore: [[Entry]]
    var fences: [Fence] = []
    /// What the retry at hand has fetched.
    var fetched: [PostgresData.FailedRow] = []
    /// What a sabotage parks once the round has committed.
    var parkedLater: [PostgresCommand] = []
    /// Handled in the open transaction, for sabotages that acknowledge too early.
    var handled: [WorkerAction.Acknowledgement] = []
    /// Of the COMMITs that are sent and not asked for yet, oldest first.
    var submittedFences: [[Fence]] = []
    /// What it reads from the nodes of a cluster.
    var wanted: [Partition] = []
    /// It has said that it lives since its connection was made.
    var isConnected = false
    private(set) var isStopped = false
    private(set) var isQuiet = false

    override init(_ role: Role, index: Int, process: Int, in simulation: Simulation, token: Int) {
        owner = simulation.nextOwner
        simulation.nextOwner += 1
        var settings = WorkerProtocol.Settings()
        settings.batchSize = simulation.scenario.batchSize
        settings.policies = ["t": Self.policy]
        settings.limits["t"] = simulation.scenario.limit
        if let sabotage = simulation.sabotage, [.batchesNotVerified, .progressByPendingList].contains(sabotage) {
            settings.verifiesBatches = false
        }
        settings.readsAhead = simulation.scenario.readsAhead && simulation.sabotage?.isOfWaitingCommit != true
        machine = WorkerProtocol(settings: settings, seed: simulation.random.next())
        group = simulation.group(of: process)
        database = Simulation.consumers
        entries = Array(repeating: [], count: simulation.scenario.partitions)
        entriesBefore = entries
        super.init(role, index: index, process: process, in: simulation, token: token)
    }

    /// Whether a lease in its name may be one that it does not know of yet.
    private var isAcquiring: Bool {
        switch stage {
        case .registering, .claiming, .taking, .committingAcquisition: true
        default: false
        }
    }

    /// Which of the leases in its name it does not know of and is not about to.
    func unknown(among owned: [PostgresCommand.Owned]) -> [PostgresCommand.Owned] {
        guard isConnected, !isAcquiring, simulation.sabotage != .unknownLeasesKept else { return [] }
        return owned.filter { lease in
            let partition = simulation.partitions[lease.row % simulation.partitions.count]
            return !machine.holdings.contains { $0.partition == partition && $0.epoch == lease.epoch }
        }
    }

    override var rowsOfGroup: Int? { group }

    override func start() { advance(.done) }

    override func hasAnswer() {
        if case .awaitingOutcome = stage { conclude() }
    }

    override func disconnect() {
        super.disconnect()
        isConnected = false
        submittedFences = []
    }

    func observe(_ view: LeaseView) { machine.observe(view) }
    func quiet() {
        isQuiet = true
        machine.quiet()
    }

    // MARK: Driving the machine

    func advance(_ input: WorkerInput) {
        let action = machine.next(input, at: .microseconds(simulation.now))
        for notice in machine.drainNotices() { simulation.trace("\(name) NOTE \(notice)") }
        simulation.trace("\(name) \(input.traced) → \(action)")
        perform(action)
    }

    private func perform(_ action: WorkerAction) {
        switch action {
        case .leases(.acquire(let limit, let keeping)):
            stage = .registering(limit: limit.total, keeping: keeping)
            send(.register(owner: owner, group: simulation.keyedGroup(group)), to: database)
        case .leases(.release(let holdings)): release(holdings, 0)
        case .failures(let action): perform(action)
        case .limits(.ask(let questions)):
            stage = .asking
            simulation.send(questions.map { .askLimit(group: group, $0) }, to: database, from: self)
        case .streams(let action): perform(action)
        case .transaction(let action): perform(action)
        case .disconnect:
            disconnect()
            stage = .simple
            advance(.done)
        case .wait(let time):
            stage = .simple
            wait(time.virtual)
        case .stop:
            stage = .signingOff
            isStopped = true
            send(.signOff(owner: owner), to: database)
        }
    }

    private func perform(_ action: WorkerAction.Streams) {
        switch action {
        case .rewind(let partition, let id): rewind(partition.number.rawValue, id)
        case .read(let partitions, let count, let block) where simulation.nodes.isCluster:
            look(partitions, count, block: block.virtual)
        case .read(let partitions, let count, let block):
            stage = .reading(partitions)
            send(
                RedisCommand.readGroup(
                    group,
                    consumer: owner,
                    streams: partitions.map(\.number.rawValue),
                    count: count,
                    block: block.virtual
                )
            )
        case .peek(let holdings):
            stage = .peeking(holdings)
            if let sabotage = simulation.sabotage,
                [.emptyReadsNotVerified, .groupMadeAtDollarUnverified, .progressByPendingList].contains(sabotage)
            {
                return advance(.peeked(holdings.map { _ in .nothing }))
            }
            simulation.send(
                holdings.flatMap { holding -> [RedisCommand] in
                    let stream = holding.partition.number.rawValue
                    return [.range(stream, after: holding.checkpoint, count: 1), .info(stream)]
                },
                from: self
            )
        case .sweep(let holdings):
            stage = .sweeping(holdings)
            simulation.send(
                holdings.map { .pending($0.partition.number.rawValue, group, upTo: $0.checkpoint, count: 10) },
                from: self
            )
        case .acknowledge(let acknowledgements): acknowledge(acknowledgements)
        }
    }

    private func perform(_ action: WorkerAction.Transaction) {
        switch action {
        case .begin:
            stage = .simple
            fences = []
            handled = []
            parkedLater = []
            send(.begin(idleTimeout: nil), to: database)
        case .occupy(let limits):
            stage = .occupying
            simulation.send(limits.map { .occupy(group: group, $0) }, to: database, from: self)
        case .handle(let slices):
            simulation.begin(slices.reduce(0) { $0 + $1.positions.count - $1.held.count }, of: group)
            handle(slices, 0)
        case .attempt(let partition, let position):
            simulation.begin(1, of: group)
            guard let entry = atHand(partition.number.rawValue, position) else { return advance(.failed) }
            handled.append(.init(partition: partition, ids: [entry.id]))
            attempt(entry, of: partition.number.rawValue)
        case .park(let parkings): park(parkings)
        case .fence(let fence): self.fence(fence)
        case .fetch(let partition, let keys, let limit):
            stage = .fetching
            send(.fetch(partition.number.rawValue, keys: keys.compactMap { Int($0) }, limit: limit), to: database)
        case .retry(let partition, let position):
            simulation.begin(1, of: group)
            guard let row = fetched.first(where: { $0.id.position == position }) else { return advance(.failed) }
            attempt(Entry(id: row.id, event: row.event), of: partition.number.rawValue)
        case .retryAll(let partition):
            simulation.begin(fetched.count, of: group)
            retryAll(of: partition.number.rawValue)
        case .settle(let settlement): settle(settlement)
        case .confirm(let holding):
            if simulation.sabotage == .retryWithoutFence { return advance(.done) }
            stage = .confirming(holding.partition)
            send(.confirm(holding.partition.number.rawValue, holding.epoch), to: database)
        case .commit: commit()
        case .submit: submit()
        case .awaitOutcome: awaitOutcome()
        case .rollback:
            stage = .rollingBack
            send(.rollback, to: database)
        }
    }

    override func resume(_ reply: Reply) {
        if isStopped { return simulation.workerStopped(process) }
        switch reply {
        case .broken: broken()
        case .timer:
            if case .listening(let partitions, let count) = stage { return lookAgain(partitions, count) }
            advance(.done)
        case .redis(let replies): resume(replies)
        case .postgres(let replies): resume(replies)
        }
    }

    private func broken() {
        guard case .committing = stage else { return advance(.failed) }
        switch simulation.sabotage {
        case .unclearCommitTakenAsCommitted:
            disconnect()
            advance(.committed)
        case .unclearCommitRetriedBlindly, .unclearCommitRetriedWithoutPosition:
            disconnect()
            advance(.refused(.conflict))
        default: advance(.failed)
        }
    }

    // MARK: Redis

    func rewind(_ partition: Int, _ id: EntryID) {
        stage = .rewinding(partition, id)
        switch simulation.sabotage {
        case .noRewind: send(RedisCommand.createGroup(partition, group, .zero))
        case .groupMadeAtDollar, .groupMadeAtDollarUnverified: send(RedisCommand.createGroup(partition, group, nil))
        case .progressByPendingList:
            send(RedisCommand.createGroup(partition, group, .zero), RedisCommand.groups(partition))
        default:
            send(RedisCommand.createGroup(partition, group, id), RedisCommand.setGroup(partition, group, id))
        }
    }

    func acknowledge(_ acknowledgements: [WorkerAction.Acknowledgement]) {
        stage = .acknowledging
        let commands = acknowledgements.filter { !$0.ids.isEmpty }.map {
            RedisCommand.acknowledge($0.partition.number.rawValue, group, $0.ids)
        }
        if commands.isEmpty { return advance(.done) }
        simulation.send(commands, from: self)
    }

    func deliver(_ delivered: [Delivered], unread: [Partition: WorkerInput.Unread] = [:]) {
        var batches: [WorkerInput.DeliveredIDs] = []
        entriesBefore = entries
        entries = entries.map { _ in [] }
        for run in delivered {
            let isAnyone = simulation.sabotage == .foreignEntriesHandled
            let ours = run.entries.prefix { $0.isOurs || isAnyone }
            // Only these: a foreign entry's id may have the position of one of ours.
            entries[run.stream] = Array(ours)
            batches.append(
                .init(
                    partition: simulation.partitions[run.stream],
                    ids: ours.map(\.id),
                    keys: ours.map { key($0.event) },
                    isCutByForeignEntry: ours.count < run.entries.count
                )
            )
        }
        advance(.delivered(batches, unread: unread))
    }

    /// All of these positions, by one of the last two reads; nil: neither has all of them.
    func atHand(_ partition: Int, _ positions: ClosedRange<Position>) -> [Entry]? {
        // Where batches are not verified there may be gaps.
        let mayLack = simulation.sabotage != nil
        for read in [entries, entriesBefore] {
            let found = read[partition].filter { positions.contains($0.id.position) }
            if found.count == positions.count || (mayLack && !found.isEmpty) { return found }
        }
        return nil
    }

    func atHand(_ partition: Int, _ position: Position) -> Entry? { atHand(partition, position...position)?.first }

    // MARK: Leases

    func claim(_ limit: Int, _ keeping: [Partition]) {
        stage = .claiming
        send(
            .begin(idleTimeout: simulation.scenario.idleTimeout),
            .lockLeases(
                owner: owner,
                group: simulation.keyedGroup(group),
                keeping: keeping.map(\.number.rawValue),
                limit: limit
            ),
            to: database
        )
    }

    func release(_ holdings: [Holding], _ next: Int) {
        guard next < holdings.count else { return advance(.done) }
        stage = .releasing(holdings, next: next)
        let holding = holdings[next]
        send(.releaseLease(holding.partition.number.rawValue, owner: owner, holding.epoch), to: database)
    }

    /// Ends the former owner's backend, takes the lease and waits for the checkpoint's row.
    func take(_ leases: [PostgresReply.ClaimedLease], _ next: Int, _ taken: [Holding]) {
        guard next < leases.count else {
            let takeovers = taken.compactMap { holding -> Takeover? in
                let number = holding.partition.number.rawValue
                let row = simulation.row(simulation.keyedGroup(group), number)
                let checkpoint = simulation.databases[database].data.checkpoints[row]
                let lease = leases.first { $0.partition == number }
                let isPassed = checkpoint.attempted?.lowerBound != checkpoint.id.position + 1
                let attempted = isPassed ? nil : checkpoint.attempted?.upperBound
                guard let lease, attempted != nil || lease.isOwn || lease.isUnclean else { return nil }
                return Takeover(partition: holding.partition, attempted: attempted, isOwn: lease.isOwn)
            }
            stage = .committingAcquisition(taken, takeovers)
            return send(.commit, to: database)
        }
        stage = .taking(leases, next: next, taken)
        let lease = leases[next]
        var commands: [PostgresCommand] = []
        if let backend = lease.backend, simulation.sabotage != .takeoverWithoutEndingBackend {
            commands.append(.terminate(session: backend))
        }
        commands += [.takeLease(lease.partition, owner: owner), .lockCheckpoint(lease.partition)]
        simulation.send(commands, to: database, from: self)
    }
}

extension WorkerInput {
    /// The same text for the same input: a dictionary is written in another order each time.
    fileprivate var traced: String {
        switch self {
        case .delivered(let batches, let unread) where !unread.isEmpty:
            "delivered(\(batches), unread: \(unread.sorted { $0.key < $1.key }))"
        case .handledInPart(let last): "handledInPart(\(last.sorted { $0.key < $1.key }))"
        default: "\(self)"
        }
    }
}
