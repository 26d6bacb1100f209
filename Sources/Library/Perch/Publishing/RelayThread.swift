import Executors
import Logging
import PerchProtocol
import Postgres
import Redis

/// The relay's shell: performs what `RelayProtocol` decides, on a thread of its own.
actor RelayThread {
    let topics: [TopicContract]
    let configuration: OutboxRelay.Configuration
    private let settings: RelayProtocol.Settings
    private let stop: StopSignal
    let logger: Logger
    private let executor = ThreadExecutor(name: "perch-relay")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private var redis: RelayStreams?
    private var postgres: RelayStore?
    /// Entries that have positions and are not known to be in the stream, by partition, in order.
    private var waiting: [Partition: [LogEntry]] = [:]
    /// Positions that were asked for and are not collected yet.
    private var assignment: SubmittedTransaction?
    private var tail: [StreamEntry] = []
    /// The streams as they were last inspected.
    private(set) var inspected: [Partition: StreamState] = [:]
    private var signal: UInt64 = 0
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
    private var request: (limit: Int, except: [Partition]) = (0, [])
    private let door: OutboxDoor
    private var metrics: RelayMetrics
    private let progress: ProgressMark
    /// Nothing has failed since the last wait.
    private var isCleanPass = true
    /// Partitions whose stream did not take what it was given last.
    private var refusing: Set<Partition> = []

    init(
        topics: [TopicContract],
        configuration: OutboxRelay.Configuration,
        settings: RelayProtocol.Settings,
        stop: StopSignal,
        progress: ProgressMark,
        logger: Logger
    ) {
        self.topics = topics
        self.configuration = configuration
        self.settings = settings
        self.stop = stop
        self.progress = progress
        self.logger = logger
        partitions = topics.flatMap(\.allPartitions)
        metrics = RelayMetrics(partitions)
        door = OutboxDoor(topics: topics)
    }

    func run() throws {
        var machine = RelayProtocol(partitions: partitions, settings: settings, seed: .random(in: 0 ... .max))
        let clock = ContinuousClock()
        let origin = clock.now
        var input = RelayInput.done
        while true {
            if stop.isRaised { machine.quiet() }
            if stop.isOverdue { return disconnect() }
            let action = machine.next(input, at: origin.duration(to: clock.now))
            for notice in machine.drainNotices() { report(notice) }
            if action == .stop { return disconnect() }
            noteProgress(action)
            do {
                input = try perform(action)
            } catch {
                guard isTransient(error) else { throw SchemaMissing.explaining(error, at: configuration.postgres) }
                lastFailure = error
                isCleanPass = false
                logger.debug(
                    "relay step failed",
                    metadata: Logger.Metadata([.action: "\(action.name)", .error: "\(error)"])
                )
                input = concernsOnePartition(error, action) ? .troubled : .failed
            }
            if let declared {
                // As if this relay had ended and another begun: what was on its way is in the log.
                disconnect()
                partitions = declared
                self.declared = nil
                refusing = []
                metrics = RelayMetrics(partitions)
                machine = RelayProtocol(partitions: partitions, settings: settings, seed: .random(in: 0 ... .max))
                input = .done
            }
        }
    }

    /// It waits when nothing is left to do, or after a failure. A pass that only left a refusing stream alone is no progress.
    private func noteProgress(_ action: RelayAction) {
        guard case .wait = action else { return }
        if isCleanPass, refusing.isEmpty { progress.mark() }
        isCleanPass = true
    }

    private func perform(_ action: RelayAction) throws -> RelayInput {
        switch action {
        case .assign(let limit, let except):
            signal = OutboxSignal.shared.current
            let store = try store()
            request = (limit, except + strangers)
            assignment = try store.assign(most: limit, except: request.except)
            return .done
        case .collect:
            return try collect()
        case .consult(let partition, let state):
            return .consulted(try store().consult(partition, state))
        case .load(let partition, let position, let limit):
            let entries = try store().load(partition, after: position, most: limit)
            waiting[partition] = entries
            return .loaded(entries.map(\.id))
        case .adopt(let partition, let ids):
            let entries = tail.prefix(ids.count).compactMap { entry in
                (entry.envelope ?? entry.salvaged).map { AdoptedEntry(entry.id, $0, isReadable: entry.envelope != nil) }
            }
            guard entries.map(\.id) == ids else { throw EntriesNotAtHand(partition: partition) }
            return .adopted(try store().adopt(partition, entries))
        case .setAside(let partition, _):
            try store().setAside(partition, tail)
            return .done
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
        case .trim(let partition, let id, let limit):
            return .trimmed(try trim(partition, acknowledgedBefore: id, atMost: Position(limit)))
        case .disconnect:
            disconnect()
            return .done
        case .wait(let duration):
            // Stopping raises it too.
            signal = OutboxSignal.shared.wait(after: signal, atMost: duration)
            return .done
        case .stop:
            return .done
        }
    }

    // MARK: Giving positions

    private func collect() throws -> RelayInput {
        guard let assignment = assignment.take() else { preconditionFailure("nothing was asked for") }
        let store = try store()
        let runs: [LogRun]
        do {
            runs = try store.collect(assignment)
        } catch let error as PostgresError where !error.isConnectionDead {
            return try collectOneByOne(error)
        }
        let checked = try store.settleUnchecked(by: door)
        for refused in checked.refused { report(refused.row, refused.reason) }
        return try given(runs, hasMore: checked.hasMore)
    }

    /// It failed for all, which may be the fault of one: each is asked for by itself.
    ///
    /// - Throws: The error, if it is the same for all of them.
    private func collectOneByOne(_ error: PostgresError) throws -> RelayInput {
        let store = try store()
        let others = request.except + partitions
        var runs: [LogRun] = []
        var troubled: [Partition] = []
        let asked = partitions.filter { !request.except.contains($0) }
        for partition in asked {
            do {
                let except = others.filter { $0 != partition }
                runs += try store.collect(try store.assign(most: request.limit, except: except))
            } catch let failure as PostgresError where !failure.isConnectionDead {
                troubled.append(partition)
                troubles[partition] = failure
                lastFailure = failure
            }
        }
        guard troubled.count < asked.count else { throw error }
        return try given(runs, hasMore: false, troubled: troubled)
    }

    private func given(_ runs: [LogRun], hasMore: Bool, troubled: [Partition] = []) throws -> RelayInput {
        if runs.contains(where: { !partitions.contains($0.partition) }) { try learnPartitions(try store()) }
        for run in runs { waiting[run.partition, default: []] += run.entries }
        metrics.assigned(runs.reduce(0) { $0 + $1.entries.count })
        return .assigned(
            runs.map { .init(partition: $0.partition, ids: $0.entries.map(\.id)) },
            hasMore: hasMore,
            troubled: troubled
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
        throw EntriesNotAtHand(partition: partition)
    }

    private func refusable(
        _ partition: Partition,
        _ body: () throws -> (RelayInput.AppendOutcome, StreamState?)
    ) throws -> RelayInput {
        do {
            let (outcome, next) = try body()
            refusing.remove(partition)
            return .appended(outcome, next: next)
        } catch let refusal as RefusedAppend {
            refusing.insert(partition)
            lastFailure = refusal.cause
            // They are in the log, and are read again when Redis takes them.
            waiting[partition] = nil
            logger.warning(
                "Redis refuses appends",
                metadata: Logger.Metadata([.partition: "\(partition)", .error: "\(refusal.cause)"])
            )
            // The inspection that was pipelined behind it is still on its way: read nothing into it.
            try redis?.forgetOutstanding()
            return .appended(.refused, next: nil)
        }
    }

    // MARK: Connections

    func streams() throws -> RelayStreams {
        if let redis { return redis }
        let connection = try RedisConnection(configuration.redis)
        try connection.requireFitness(for: configuration.naming)
        let made = RelayStreams(
            connection: connection,
            naming: configuration.naming,
            sources: sources,
            groups: Dictionary(uniqueKeysWithValues: topics.map { ($0.name, $0.groups) })
        )
        redis = made
        return made
    }

    func store() throws -> RelayStore {
        if let postgres { return postgres }
        let made = RelayStore(
            connection: try PostgresConnection(configuration.postgres),
            naming: configuration.naming,
            sources: sources
        )
        try learnPartitions(made)
        strangers = try made.strangers()
        postgres = made
        return made
    }

    private var sources: [TopicName: String] {
        Dictionary(uniqueKeysWithValues: topics.map { ($0.name, $0.owner) })
    }

    private func disconnect() {
        redis = nil
        postgres = nil
        assignment = nil
        waiting = [:]
        tail = []
        inspected = [:]
    }

    /// An error that time or an operator can cure; anything else ends the relay, loudly.
    private func isTransient(_ error: any Error) -> Bool {
        switch error {
        case let error as PostgresError: error.sqlState?.isMissingSchema != true
        case is RedisError, is RelayError, is SchemaProblem, is UnfitRedis, is EntriesNotAtHand: true
        default: false
        }
    }

    /// Whether the others can go on: the step was about one partition, and the connections stand, with nothing left to be read.
    private func concernsOnePartition(_ error: any Error, _ action: RelayAction) -> Bool {
        guard let partition = action.partition else { return false }
        switch error {
        case let error as RedisError where error.concernsServer: return false
        case let error as PostgresError where error.isConnectionDead: return false
        case is RedisError, is PostgresError, is RelayError, is SchemaProblem, is EntriesNotAtHand: break
        default: return false
        }
        if let postgres, postgres.connection.isDead { return false }
        if let redis {
            guard !redis.connection.isDead, (try? redis.forgetOutstanding()) != nil else { return false }
        }
        waiting[partition] = nil
        troubles[partition] = error
        return true
    }
}

/// The protocol asked for entries that do not wait here. The stream is looked at again.
struct EntriesNotAtHand: Error, CustomStringConvertible {
    let partition: Partition

    var description: String { "entries of \(partition) that were to be appended are not at hand" }
}
