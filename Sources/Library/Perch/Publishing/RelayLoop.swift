package import Logging
package import PerchProtocol

/// The relay's shell: performs what `RelayProtocol` decides, one action at a time, with one connection to Redis and one to Postgres.
///
/// It blocks its caller's thread. Programs run it on a thread of its own; the simulation runs this very code over simulated servers
/// in virtual time.
package final class RelayLoop<Streams: OwnerStreams, Tables: OwnerTables, World: Surroundings> {
    /// How it gets to its servers: asked again after each loss.
    package struct Connections {
        package let streams: () throws -> Streams
        package let tables: () throws -> Tables
        /// Which database it is, for texts.
        package let database: String

        package init(
            streams: @escaping () throws -> Streams,
            tables: @escaping () throws -> Tables,
            database: String
        ) {
            self.streams = streams
            self.tables = tables
            self.database = database
        }
    }

    let topics: [TopicContract]
    let connections: Connections
    private let settings: RelayProtocol.Settings
    let world: World
    let logger: Logger

    private var connectedStreams: Streams?
    private var connectedTables: Tables?
    /// Of a relay that stands by: it waits on this connection until it is the active one.
    var waitingTables: Tables?
    /// When Postgres last heard of it.
    private var lastSaid = Duration.zero
    /// Entries that have positions and are not known to be in the stream, by partition, in order.
    private var waiting: [Partition: [LogEntry]] = [:]
    private var tail: [StreamEntry] = []
    /// The streams as they were last inspected.
    private(set) var inspected: [Partition: StreamState] = [:]
    /// Why the last step failed, for the log.
    private(set) var lastFailure: (any Error)?
    /// What was wrong last with partitions whose trouble is their own.
    private(set) var troubles: [Partition: any Error] = [:]
    /// By the contract until the database has told; then by the database, which publishers go by.
    private(set) var partitions: [Partition]
    /// The database has others than those.
    var declared: [Partition]?
    /// Those of topics that this contract does not have.
    private var strangers: [Partition] = []
    /// What the request at hand leaves out.
    private var request: (limit: Int, due: Int, except: [Partition]) = (0, 0, [])
    private let door: OutboxDoor
    private var metrics: RelayMetrics
    let progress: ProgressMark
    /// Nothing has failed since the last wait.
    private var isCleanPass = true
    /// Partitions whose stream did not take what it was given last.
    private var refusing: Set<Partition> = []
    var troubleLog = TroubleLog()

    package init(
        topics: [TopicContract],
        connections: Connections,
        settings: RelayProtocol.Settings,
        world: World,
        progress: ProgressMark,
        logger: Logger
    ) {
        self.topics = topics
        self.connections = connections
        self.settings = settings
        self.world = world
        self.progress = progress
        self.logger = logger
        partitions = topics.flatMap(\.allPartitions)
        metrics = RelayMetrics(partitions)
        door = OutboxDoor(topics: topics)
    }

    /// Blocks the thread until it is told to stop, or the time for that is over.
    ///
    /// - Throws: What neither time nor an operator can cure.
    package func run() throws {
        var machine = makeMachine(resignations: 0)
        var input = RelayInput.done
        while true {
            if world.isToldToStop { machine.quiet() }
            if world.isOverdue { return disconnect() }
            let action = machine.next(input, at: world.now)
            for notice in machine.drainNotices() { report(notice) }
            if action == .stop { return disconnect() }
            noteProgress(action)
            do {
                input = try perform(action)
            } catch is AnotherRelayIsActive {
                connectedStreams = nil
                if try standBy(insteadOf: action) {
                    // As if it began now.
                    machine = makeMachine(resignations: machine.resignations)
                    input = .done
                } else {
                    input = .failed
                }
            } catch {
                input = try failed(action, error)
            }
            if let declared {
                // As if this relay had ended and another begun: what was on its way is in the log.
                disconnect()
                partitions = declared
                self.declared = nil
                refusing = []
                metrics = RelayMetrics(partitions)
                machine = makeMachine(resignations: machine.resignations)
                input = .done
            }
        }
    }

    /// It knows of no trouble yet.
    private func makeMachine(resignations: Int) -> RelayProtocol {
        troubleLog.endAll()
        return RelayProtocol(
            partitions: partitions,
            settings: settings,
            resignations: resignations,
            seed: world.drawSeed()
        )
    }

    /// - Throws: The error, where it is a fault of ours, or nothing cures it: that ends the relay, loudly.
    @discardableResult
    func failed(_ action: RelayAction, _ error: any Error) throws -> RelayInput {
        guard let failure = Streams.failure(of: error) ?? Tables.failure(of: error) else { throw error }
        if failure.kind == .fatal { throw failure.cause }
        lastFailure = failure.cause
        isCleanPass = false
        logger.debug(
            "relay step failed",
            metadata: Logger.Metadata([.action: "\(action.name)", .error: "\(failure)"])
        )
        guard concernsOnePartition(failure, action) else { return .failed }
        return failure.kind == .away ? .away : .troubled
    }

    /// It waits when nothing is left to do, or after a failure. A pass that only left alone a stream that refuses, or is in trouble, is
    /// no progress.
    private func noteProgress(_ action: RelayAction) {
        guard case .wait = action else { return }
        if isCleanPass, refusing.isEmpty, troubleLog.isEmpty { progress.mark() }
        isCleanPass = true
    }

    private func perform(_ action: RelayAction) throws -> RelayInput {
        switch action {
        case .outbox(let action): return try perform(action)
        case .log(let action): return try perform(action)
        case .stream(let action): return try perform(action)
        case .trim(let partition, let id, let limit):
            return .trimmed(try trim(partition, acknowledgedBefore: id, atMost: Position(limit)))
        case .resign:
            guard try tables().hasStandby() else { return .resigned(false) }
            disconnect()
            return .resigned(true)
        case .disconnect:
            disconnect()
            return .done
        case .wait(let duration):
            try stayActive()
            world.wait(atMost: min(duration, Self.longestPause))
            return .done
        case .stop:
            return .done
        }
    }

    private func perform(_ action: RelayAction.Outbox) throws -> RelayInput {
        switch action {
        case .assign(let limit, let due, let except):
            world.beginLooking()
            let tables = try tables()
            request = (limit, due, except + strangers)
            try tables.assign(most: limit, due: due, except: request.except)
            return .done
        case .collect:
            return try collect()
        }
    }

    private func perform(_ action: RelayAction.Log) throws -> RelayInput {
        switch action {
        case .consult(let partition, let state):
            return .consulted(try tables().consult(partition, state))
        case .load(let partition, let position, let limit):
            let entries = try tables().load(partition, after: position, most: limit)
            waiting[partition] = entries
            return .loaded(entries.map(\.id))
        case .adopt(let partition, let ids):
            let entries = tail.prefix(ids.count).compactMap { entry in
                (entry.envelope ?? entry.salvaged).map { AdoptedEntry(entry.id, $0, isReadable: entry.envelope != nil) }
            }
            guard entries.map(\.id) == ids else {
                throw ServerFailure(.troubled, EntriesNotAtHand(partition: partition))
            }
            return .adopted(try tables().adopt(partition, entries))
        case .setAside(let partition, _):
            try tables().setAside(partition, tail)
            return .done
        }
    }

    private func perform(_ action: RelayAction.Stream) throws -> RelayInput {
        switch action {
        case .inspect(let partition):
            let state = try streams().inspect(partition)
            inspected[partition] = state
            return .inspected(state)
        case .readTail(let partition, let id, let limit):
            tail = try streams().readTail(partition, after: id, most: limit)
            return .tail(zip(tail, StreamEntry.areOurs(tail)).map { .init(id: $0.id, isOurs: $1) })
        case .append(let partition, let ids, let last, let next):
            return try append(ids, to: partition, after: last, inspecting: next)
        case .rebuild(let partition, let ids):
            return try refusable(partition) {
                (try streams().rebuild(partition, try entries(ids, of: partition)), nil)
            }
        }
    }

    // MARK: Giving positions

    private func collect() throws -> RelayInput {
        let tables = try tables()
        let runs: [LogRun]
        do {
            runs = try tables.collect()
        } catch  where Tables.failure(of: error)?.kind == .troubled {
            return request.due > 0 ? try collectWithoutDue(error) : try collectOneByOne(error)
        }
        return try given(runs, tables, due: tables.hasDue ? .some : .none)
    }

    private func given(_ runs: [LogRun], _ tables: Tables, due: RelayInput.DueEvents) throws -> RelayInput {
        let checked = try tables.settleUnchecked(by: door)
        for refused in checked.refused { report(refused.row, refused.reason) }
        return try given(runs, hasMore: checked.hasMore, due: due)
    }

    /// It failed, and delayed events were to be moved by the same transaction: it is asked for without them.
    private func collectWithoutDue(_ error: any Error) throws -> RelayInput {
        let tables = try tables()
        let runs: [LogRun]
        do {
            try tables.assign(most: request.limit, except: request.except)
            runs = try tables.collect()
        } catch  where Tables.failure(of: error)?.kind == .troubled {
            // So it was not for them.
            return try collectOneByOne(error)
        }
        lastFailure = Tables.failure(of: error)?.cause
        isCleanPass = false
        return try given(runs, tables, due: .troubled)
    }

    /// It failed for all, which may be the fault of one: each is asked for by itself.
    ///
    /// - Throws: The error, if it is the same for all of them.
    private func collectOneByOne(_ error: any Error) throws -> RelayInput {
        let tables = try tables()
        let others = request.except + partitions
        var runs: [LogRun] = []
        var troubled: [Partition] = []
        let asked = partitions.filter { !request.except.contains($0) }
        for partition in asked {
            do {
                let except = others.filter { $0 != partition }
                try tables.assign(most: request.limit, except: except)
                runs += try tables.collect()
            } catch {
                guard let failure = Tables.failure(of: error), failure.kind == .troubled else { throw error }
                troubled.append(partition)
                troubles[partition] = failure.cause
                lastFailure = failure.cause
            }
        }
        guard troubled.count < asked.count else { throw error }
        return try given(runs, hasMore: false, troubled: troubled, due: request.due > 0 ? .troubled : .none)
    }

    private func given(
        _ runs: [LogRun],
        hasMore: Bool,
        troubled: [Partition] = [],
        due: RelayInput.DueEvents = .none
    ) throws -> RelayInput {
        if runs.contains(where: { !partitions.contains($0.partition) }) { try learnPartitions(try tables()) }
        for run in runs { waiting[run.partition, default: []] += run.entries }
        metrics.assigned(runs.reduce(0) { $0 + $1.entries.count })
        return .assigned(
            runs.map { .init(partition: $0.partition, ids: $0.entries.map(\.id)) },
            hasMore: hasMore,
            troubled: troubled,
            due: due
        )
    }

    // MARK: Appending

    private func append(
        _ ids: [EntryID],
        to partition: Partition,
        after last: EntryID,
        inspecting next: Partition?
    ) throws -> RelayInput {
        let input = try refusable(partition) {
            try streams().append(try entries(ids, of: partition), to: partition, after: last, inspecting: next)
        }
        if case .appended(.appended, _) = input {
            // They keep the memory of all that was fetched with them.
            waiting[partition] = waiting[partition].map { Array($0.dropFirst(ids.count)) }
            metrics.appended(ids.count, to: partition)
            troubles[partition] = nil
            progress.mark()
        }
        return input
    }

    /// What waits of these ids; what is before them was appended by another relay and is dropped.
    private func entries(_ ids: [EntryID], of partition: Partition) throws -> [LogEntry] {
        guard let first = ids.first else { return [] }
        if let start = waiting[partition]?.firstIndex(where: { $0.id == first }) {
            waiting[partition]?.removeFirst(start)
            let entries = Array(waiting[partition, default: []].prefix(ids.count))
            if entries.map(\.id) == ids { return entries }
        }
        throw ServerFailure(.troubled, EntriesNotAtHand(partition: partition))
    }

    private func refusable(
        _ partition: Partition,
        _ body: () throws -> (RelayInput.AppendOutcome, StreamState?)
    ) throws -> RelayInput {
        do {
            let (outcome, next) = try body()
            refusing.remove(partition)
            return .appended(outcome, next: next)
        } catch {
            guard let failure = Streams.failure(of: error), failure.kind == .refused else { throw error }
            refusing.insert(partition)
            lastFailure = failure.cause
            // They are in the log, and are read again when Redis takes them.
            waiting[partition] = nil
            logger.warning(
                "Redis refuses appends",
                metadata: Logger.Metadata([.partition: "\(partition)", .error: "\(failure)"])
            )
            return .appended(.refused, next: nil)
        }
    }

    // MARK: Connections

    func streams() throws -> Streams {
        if let connectedStreams { return connectedStreams }
        // One that stands by has no business there.
        _ = try tables()
        let made = try connections.streams()
        connectedStreams = made
        return made
    }

    func tables() throws -> Tables {
        lastSaid = world.now
        if let connectedTables { return connectedTables }
        let made = try waitingTables.take() ?? connections.tables()
        guard try leads(made) else {
            waitingTables = made
            throw AnotherRelayIsActive()
        }
        try learnPartitions(made)
        strangers = try made.strangers()
        connectedTables = made
        RelayMetrics.isActive(true, owner: topics.first?.owner)
        return made
    }

    /// One that says nothing to Postgres, for no stream can be appended to now, is not to be taken for frozen.
    private func stayActive() throws {
        guard let connectedTables, world.now - lastSaid > .seconds(1) else { return }
        lastSaid = world.now
        _ = try connectedTables.milliseconds()
    }

    private static var longestPause: Duration { .seconds(2) }

    private func disconnect() {
        if connectedTables != nil { RelayMetrics.isActive(false, owner: topics.first?.owner) }
        connectedStreams = nil
        connectedTables = nil
        waitingTables = nil
        waiting = [:]
        tail = []
        inspected = [:]
    }

    /// Whether the others can go on: the step was about one partition, and the connections stand, with nothing left to be read.
    private func concernsOnePartition(_ failure: ServerFailure, _ action: RelayAction) -> Bool {
        guard failure.kind == .troubled || failure.kind == .away, let partition = action.partition else { return false }
        if let connectedTables, connectedTables.isDead { return false }
        if let connectedStreams {
            guard !connectedStreams.isDead, (try? connectedStreams.forgetOutstanding()) != nil else { return false }
        }
        waiting[partition] = nil
        troubles[partition] = failure.cause
        return true
    }
}

/// The protocol asked for entries that do not wait here. The stream is looked at again.
struct EntriesNotAtHand: Error, CustomStringConvertible {
    let partition: Partition

    var description: String { "entries of \(partition) that were to be appended are not at hand" }
}
