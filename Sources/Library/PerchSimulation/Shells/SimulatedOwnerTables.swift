import Perch
import PerchProtocol
import Redis

/// The owner's tables on the simulated Postgres, asked as the real ones are.
final class SimulatedOwnerTables: OwnerTables {
    private unowned(unsafe) let actor: ShellActor
    private(set) var isDead = false
    /// Rows that came with what was collected last and that nobody has looked at.
    private var unchecked: [Int] = []
    private(set) var hasDue = false
    /// What was asked for last fails, for delayed events that cannot be moved.
    private var isMoveRefused = false

    init(of actor: ShellActor) { self.actor = actor }

    deinit { actor.dropPostgres() }

    static func failure(of error: any Error) -> ServerFailure? { error as? ServerFailure }

    private var simulation: Simulation { actor.simulation }
    private var contents: EventContents { simulation.contents }

    private func call(_ commands: PostgresCommand...) throws -> PostgresReply {
        do {
            guard let last = try actor.call(commands, to: 0).last else { throw ServerFailure(.lost, SimulatedLoss()) }
            if case .refused = last { throw ServerFailure(.lost, SimulatedLoss()) }
            return last
        } catch {
            isDead = true
            actor.noteLoss()
            throw error
        }
    }

    /// An answer that cannot be: the connection is given up.
    private func unexpected() -> ServerFailure {
        isDead = true
        actor.noteLoss()
        return ServerFailure(.lost, SimulatedLoss())
    }

    func lead() throws -> Bool {
        guard simulation.electsRelay else { return true }
        guard case .leads(let isActive) = try call(.lead(silence: simulation.scenario.relaySilence)) else {
            throw unexpected()
        }
        return isActive
    }

    func hasStandby() throws -> Bool {
        _ = try call(.clock)
        let isThere = simulation.hasOtherRelay(than: actor.process)
        // It gives its connections up then, and no loss is the reason.
        if isThere { actor.noteLoss() }
        return isThere
    }

    // MARK: Giving positions

    func assign(most: Int, due: Int, except partitions: [Partition]) throws {
        let wanted = simulation.partitions.filter { !partitions.contains($0) }.map(\.number.rawValue)
        let begin = PostgresCommand.begin(idleTimeout: simulation.scenario.idleTimeout)
        isMoveRefused = due > 0 && simulation.isFaulty && simulation.delays.chance(perMille: 50)
        let move: [PostgresCommand] = due > 0 ? [.moveDue(limit: due)] : []
        try actor.submit(
            isMoveRefused ? [begin, .rollback] : [begin] + move + [.assignFree(wanted, limit: most), .commit],
            to: 0
        )
    }

    func collect() throws -> [LogRun] {
        unchecked = []
        hasDue = false
        let replies = try actor.outcome()
        if isMoveRefused, replies.count == 2 { throw ServerFailure(.troubled, SimulatedLoss()) }
        guard replies.count >= 3, case .assigned(let runs, let unchecked, let isDue) = replies[replies.count - 2],
            case .tag(isCommit: true) = replies[replies.count - 1]
        else { throw unexpected() }
        self.unchecked = unchecked
        hasDue = isDue && simulation.sabotage != .dueNotLookedFor
        return runs.map { run in
            LogRun(partition: simulation.partitions[run.partition], entries: entries(run.rows, of: run.partition))
        }
    }

    func settleUnchecked(by door: OutboxDoor) throws -> CheckedRows {
        guard !unchecked.isEmpty else { return CheckedRows() }
        let rows = simulation.databases[0].data.outbox.filter { unchecked.contains($0.sequence) }
        var passed: [Int] = []
        var refused: [(row: UncheckedRow, reason: String)] = []
        var refusedSequences: [Int] = []
        for row in rows {
            let unchecked = contents.uncheckedRow(
                row.event,
                sequence: row.sequence,
                partition: PartitionNumber(rawValue: row.partition),
                of: simulation.partitions.count
            )
            if let reason = door.problem(of: unchecked) {
                refused.append((unchecked, reason))
                refusedSequences.append(row.sequence)
            } else {
                passed.append(row.sequence)
            }
        }
        _ = try call(
            .begin(idleTimeout: nil),
            .check(sequences: passed),
            .refuse(sequences: refusedSequences),
            .commit
        )
        return CheckedRows(hasMore: !rows.isEmpty, refused: refused)
    }

    func strangers() throws -> [Partition] { [] }

    func declared(_ topics: [TopicName]) throws -> (partitions: [Partition], counts: [TopicName: Int]) {
        (simulation.partitions, ["t": simulation.partitions.count])
    }

    // MARK: The log

    func load(_ partition: Partition, after position: Position, most: Int) throws -> [LogEntry] {
        let number = partition.number.rawValue
        guard case .rows(let rows) = try call(.load(number, after: position, limit: most)) else {
            throw unexpected()
        }
        return entries(rows, of: number)
    }

    private func entries(_ rows: [LogRow], of partition: Int) -> [LogEntry] {
        rows.map { row in
            var command = Redis.RedisCommand("XADD", "t:\(partition)", row.id.description)
            for field in contents.fields(of: row.event) { command.append(field) }
            return LogEntry(id: row.id, command: command)
        }
    }

    func consult(_ partition: Partition, _ state: StreamState) throws -> LogState {
        guard case .log(let log) = try call(.consult(partition.number.rawValue, state)) else {
            throw unexpected()
        }
        return log
    }

    func adopt(_ partition: Partition, _ entries: [AdoptedEntry]) throws -> Bool {
        let number = partition.number.rawValue
        let adopted = entries.map { entry in
            let event = EventContents.event(of: entry.envelope.id)
            return Entry(id: entry.id, event: entry.version == 0 ? Entry.unreadable + event : event)
        }
        let reply = try call(
            .begin(idleTimeout: simulation.scenario.idleTimeout),
            .lockPartition(number),
            .adopt(number, adopted)
        )
        guard case .adopted(let isAdopted) = reply, case .tag(isCommit: true) = try call(.commit) else {
            throw unexpected()
        }
        return isAdopted
    }

    func setAside(_ partition: Partition, _ entries: [StreamEntry]) throws {
        _ = try call(.setAside(partition.number.rawValue, entries.map { Entry(id: $0.id, event: -1) }))
    }

    // MARK: Retention

    func promiseTrimmed(_ partition: Partition, through position: Position) throws -> EntryID? {
        guard case .firstKept(let id, _) = try call(.promise(partition.number.rawValue, through: position)) else {
            throw unexpected()
        }
        return id
    }

    func dropArchived(_ partition: Partition, through position: Position, most: Position) throws -> Int64 {
        let age = simulation.topic.archive.age?.milliseconds ?? 0
        let olderThan = simulation.milliseconds - age
        let reply = try call(.archive(partition.number.rawValue, through: position, most: most, olderThan: olderThan))
        guard case .dropped(let count) = reply else { throw unexpected() }
        return count
    }

    func milliseconds() throws -> Int64 {
        guard case .clock(let milliseconds) = try call(.clock) else { throw unexpected() }
        return milliseconds
    }
}
