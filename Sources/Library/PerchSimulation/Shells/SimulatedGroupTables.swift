import Perch
import PerchProtocol

/// A group's tables on the simulated Postgres, asked as the real ones are: the same statements in the same transactions.
final class SimulatedGroupTables: GroupTables {
    unowned(unsafe) let actor: ShellActor
    private let owner: Int
    /// Goes out with the next statement that is waited for.
    private var queued: [PostgresCommand] = []
    private var isOpen = false

    init(of actor: ShellActor, owner: Int) {
        self.actor = actor
        self.owner = owner
    }

    deinit { actor.dropPostgres() }

    static func failure(of error: any Error) -> ServerFailure? { error as? ServerFailure }

    private var simulation: Simulation { actor.simulation }

    private func call(_ commands: PostgresCommand...) throws -> [PostgresReply] { try call(commands) }

    /// - Throws: `ServerFailure`, also where a statement is refused outside of a round.
    private func call(_ commands: [PostgresCommand]) throws -> [PostgresReply] {
        let all = queued + commands
        queued = []
        return try actor.call(all, to: Simulation.consumers)
    }

    private func last(_ replies: [PostgresReply]) throws -> PostgresReply {
        guard let last = replies.last else { throw ServerFailure(.lost, SimulatedLoss()) }
        if case .refused = last { throw ServerFailure(.lost, SimulatedLoss()) }
        return last
    }

    // MARK: Leases

    func register(_ worker: WorkerID, lease: Duration) throws {
        _ = try last(call(.register(owner: owner, group: actor.group)))
    }

    func acquire(worker: WorkerID, limit: LeaseShare, keeping: [Partition], lease: Duration) throws -> (
        taken: [Holding], takeovers: [Takeover]
    ) {
        let found = try last(
            call(
                .begin(idleTimeout: simulation.scenario.idleTimeout),
                .lockLeases(
                    owner: owner,
                    group: actor.group,
                    keeping: keeping.map(\.number.rawValue),
                    limit: limit.total
                )
            )
        )
        guard case .leases(let leases) = found else { throw ServerFailure(.lost, SimulatedLoss()) }
        var taken: [Holding] = []
        var takeovers: [Takeover] = []
        for lease in leases.map({ $0.ofPartition(among: simulation.partitions.count) }) {
            guard let (holding, takeover) = try take(lease) else { continue }
            taken.append(holding)
            if let takeover { takeovers.append(takeover) }
        }
        guard case .tag(isCommit: true) = try last(call(.commit)) else { throw ServerFailure(.lost, SimulatedLoss()) }
        return (taken, takeovers)
    }

    private func take(_ lease: PostgresReply.ClaimedLease) throws -> (Holding, Takeover?)? {
        if let backend = lease.backend { _ = try last(call(.terminate(session: backend))) }
        let replies = try call(.takeLease(lease.partition, owner: owner), .lockCheckpoint(lease.partition))
        guard case .checkpoint(let id) = try last(replies), case .epoch(let epoch)? = replies.first else {
            throw ServerFailure(.lost, SimulatedLoss())
        }
        _ = try last(call(.writeEpoch(lease.partition, epoch)))
        let partition = simulation.partitions[lease.partition]
        let row = simulation.row(actor.group, lease.partition)
        let checkpoint = simulation.databases[Simulation.consumers].data.checkpoints[row]
        let isPassed = checkpoint.attempted?.lowerBound != checkpoint.id.position + 1
        let attempted = isPassed ? nil : checkpoint.attempted?.upperBound
        let isTakeover = attempted != nil || lease.isOwn || lease.isUnclean
        return (
            Holding(partition: partition, epoch: epoch, checkpoint: id),
            isTakeover ? Takeover(partition: partition, attempted: attempted, isOwn: lease.isOwn) : nil
        )
    }

    func release(_ holdings: [Holding], worker: WorkerID) throws {
        let releases = holdings.map {
            PostgresCommand.releaseLease($0.partition.number.rawValue, owner: owner, $0.epoch)
        }
        _ = try last(call([.begin(idleTimeout: nil)] + releases + [.commit]))
    }

    // MARK: Failed events

    func survey(_ partitions: [Partition], lettingGo topics: [TopicName]) throws -> [FailureSurvey] {
        guard case .surveys(let surveys) = try last(call(.survey(partitions.map(\.number.rawValue)))) else { return [] }
        return surveys.map { survey in
            FailureSurvey(
                partition: simulation.partitions[survey.partition % simulation.partitions.count],
                revision: survey.revision,
                heads: survey.heads.map {
                    .init(
                        key: simulation.contents.subject(ofKey: $0.key),
                        due: $0.state == .dead
                            ? nil : .microseconds($0.state == .held ? 0 : $0.due - simulation.now)
                    )
                }
            )
        }
    }

    func count(_ attempts: [Attempt]) throws -> [Int?] {
        let counted = attempts.map {
            CountedAttempt(
                partition: $0.holding.partition.number.rawValue,
                epoch: $0.holding.epoch,
                positions: $0.first...$0.last
            )
        }
        guard case .counted(let counts) = try last(call(.countAttempts(counted))) else { return [] }
        return counts
    }

    func countRetry(_ holding: Holding, _ key: String) throws -> Int? {
        let number = holding.partition.number.rawValue
        let key = EventContents.key(of: key)
        guard case .counted(let counts) = try last(call(.countRetry(number, holding.epoch, key: key))) else {
            return nil
        }
        return counts.first ?? nil
    }

    // MARK: Limits

    func ask(_ questions: [LimitQuestion]) throws -> [LimitAnswer] {
        try questions.map { question in
            guard case .allowed(let answer) = try last(call(.askLimit(group: actor.group, question))) else {
                throw ServerFailure(.lost, SimulatedLoss())
            }
            return answer
        }
    }

    func occupy(_ limits: [WorkLimit]) throws -> [LimitSlot] {
        try limits.map { limit in
            guard case .slot(let slot) = try last(call(.occupy(group: actor.group, limit))) else {
                throw ServerFailure(.lost, SimulatedLoss())
            }
            return slot
        }
    }

    // MARK: The round

    func begin() throws {
        _ = try last(call(.begin(idleTimeout: nil)))
        isOpen = true
    }

    /// A statement of a handler, which is waited for.
    ///
    /// - Throws: `RefusedRound`.
    func perform(_ commands: PostgresCommand...) throws {
        for reply in try call(commands) { try Self.check(reply) }
    }

    func park(_ events: [(event: Delivery, as: ParkedEvent)]) throws {
        for (event, parked) in events {
            let number = EventContents.event(of: event.id)
            queued.append(
                .park(event.partition.number.rawValue, [row(parked, at: event.entryID, number)])
            )
        }
    }

    func fetch(_ partition: Partition, keys: [String], limit: Int) throws -> (
        events: [(event: Delivery, as: ParkedEvent)], hasMore: Bool
    ) {
        let fetched = try call(
            .fetch(partition.number.rawValue, keys: keys.map(EventContents.key(of:)), limit: limit)
        )
        for reply in fetched { try Self.check(reply) }
        guard case .fetched(let rows, let hasMore)? = fetched.last else { throw ServerFailure(.lost, SimulatedLoss()) }
        return (
            rows.map { row in
                (
                    event: Delivery(
                        partition: partition,
                        entryID: row.id,
                        envelope: simulation.contents.envelope(of: row.event)
                    ),
                    as: ParkedEvent(
                        position: row.id.position,
                        key: simulation.contents.subject(ofKey: row.key),
                        state: row.state,
                        attempts: row.attempts,
                        waits: row.waits
                    )
                )
            },
            hasMore
        )
    }

    func settle(_ settlement: WorkerAction.Settlement) throws {
        let number = settlement.partition.number.rawValue
        let present = simulation.databases[Simulation.consumers].data.failed[simulation.row(actor.group, number)]
        let changed = settlement.changed.compactMap { event in
            present.first { $0.id.position == event.position }.map { row(event, at: $0.id, $0.event) }
        }
        queued.append(.settle(number, resolved: settlement.resolved, changed: changed))
    }

    private func row(_ event: ParkedEvent, at id: EntryID, _ number: Int) -> PostgresData.FailedRow {
        PostgresData.FailedRow(
            id: id,
            event: number,
            key: number >= 0 ? simulation.events[number] : -1,
            state: event.state,
            attempts: event.attempts,
            waits: event.waits,
            due: simulation.now + event.delay.virtual
        )
    }

    func fence(_ fence: Fence) throws {
        queued.append(.fence(fence.partition.number.rawValue, epoch: fence.epoch, from: fence.from, to: fence.to))
    }

    func confirm(_ holding: Holding) throws {
        queued.append(.confirm(holding.partition.number.rawValue, holding.epoch))
    }

    func commit() throws {
        isOpen = false
        try conclude(call(.commit))
    }

    func submit() throws {
        isOpen = false
        let all = queued + [.commit]
        queued = []
        try actor.submit(all, to: Simulation.consumers)
    }

    func outcome() throws { try conclude(actor.outcome()) }

    func rollback() {
        queued = isOpen ? [.rollback] : []
        isOpen = false
    }

    private func conclude(_ replies: [PostgresReply]) throws {
        for reply in replies { try Self.check(reply) }
        guard case .tag(isCommit: true)? = replies.last else {
            throw RefusedRound(.handler(reason: "rolled back"), SimulatedLoss())
        }
    }

    private static func check(_ reply: PostgresReply) throws {
        guard case .refused(let refusal) = reply else { return }
        switch refusal {
        case .fenced(let row): throw RefusedRound(.fenced(nil), SimulatedRefusal(refusal: .fenced(row)))
        case .deadlock, .lockTimeout: throw RefusedRound(.conflict, SimulatedRefusal(refusal: refusal))
        case .aborted: throw RefusedRound(.handler(reason: "aborted"), SimulatedRefusal(refusal: refusal))
        case .terminated: throw ServerFailure(.lost, SimulatedLoss())
        }
    }
}

struct SimulatedRefusal: Error {
    let refusal: PostgresRefusal
}
