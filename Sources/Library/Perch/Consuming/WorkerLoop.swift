package import Logging
package import PerchProtocol

/// One worker: the shell around `WorkerProtocol`, with one connection to Redis and one to Postgres.
///
/// It performs what the protocol decides, one action at a time, on its caller's thread, which it blocks. Programs run it on a
/// thread of its own; the simulation runs this very code over simulated servers in virtual time.
package final class WorkerLoop<Streams: GroupStreams, Dispatch: EventDispatch, World: Surroundings> {
    package struct Settings: Sendable {
        package var lease: Duration
        package var batchSize: Int
        /// What the simulation changes of the protocol's.
        package var machine = WorkerProtocol.Settings()

        package init(lease: Duration, batchSize: Int, unreachable: Duration? = nil) {
            self.lease = lease
            self.batchSize = batchSize
            if let unreachable { machine.leavesAway = unreachable }
        }
    }

    /// How it gets to its servers: asked again after each loss.
    package struct Connections {
        package let streams: () throws -> Streams
        package let tables: () throws -> Dispatch.Tables

        package init(streams: @escaping () throws -> Streams, tables: @escaping () throws -> Dispatch.Tables) {
            self.streams = streams
            self.tables = tables
        }
    }

    let id: WorkerID
    let group: ConsumerGroup
    let settings: Settings
    let logger: Logger
    let progress: ProgressMark
    let metrics: ConsumerMetrics
    let dispatch: Dispatch
    let world: World
    private let connections: Connections
    let board: LeaseBoard
    private let isLimited: Bool

    private var connectedStreams: Streams?
    private var connectedTables: Dispatch.Tables?
    /// Why the last round or connection failed, for the log.
    private(set) var lastFailure: (any Error)?
    /// What the last two reads delivered: while one round is being committed, the next is handled.
    var delivered = StreamRead()
    var deliveredBefore = StreamRead()
    /// What the retry at hand has fetched, by position.
    var fetched: [Position: Delivery] = [:]
    /// What the open transaction has come to, and those that are submitted, oldest first.
    var open: PendingRound?
    var submitted: [PendingRound] = []
    /// Of topics that have limits: when no more of their events are begun in the transaction at hand.
    var deadlines: [TopicName: Duration] = [:]
    private var held: [Holding] = []
    /// Leases were asked for, and what came of it is not posted yet.
    private var isAcquiring = false
    /// A connection was lost, and nothing was asked of a lease since.
    private var isReconnecting = false
    var troubleLog = TroubleLog()
    /// A partition waits for a missing entry, or nearly all of it fails.
    private var isStalled = false

    package init(
        id: WorkerID,
        progress: ProgressMark,
        metrics: ConsumerMetrics,
        group: ConsumerGroup,
        settings: Settings,
        board: LeaseBoard,
        dispatch: Dispatch,
        connections: Connections,
        world: World,
        logger: Logger
    ) {
        self.id = id
        self.progress = progress
        self.metrics = metrics
        self.group = group
        isLimited = !group.limits.isEmpty
        self.settings = settings
        self.board = board
        self.dispatch = dispatch
        self.connections = connections
        self.world = world
        self.logger = logger
    }

    /// Blocks the thread until it is told to stop and all leases are given back, or the time for that is over.
    ///
    /// - Throws: What neither time nor an operator can cure.
    package func run() throws {
        var machine = makeMachine()
        var input = WorkerInput.done
        while true {
            if world.isToldToStop { machine.quiet() }
            if world.isOverdue { return cutOff() }
            machine.observe(board.view(of: id))
            machine.grantCautionTurn(board.takeCautionTurn(id, isWanted: machine.wantsCautionTurn))
            let action = machine.next(input, at: world.now)
            isStalled = !machine.stalled.isEmpty
            if isLimited { deadlines = machine.deadlines(world.now) }
            for notice in machine.drainNotices() { report(notice) }
            if machine.holdings != held || isAcquiring {
                held = machine.holdings
                isAcquiring = false
                board.post(held, of: id)
            }
            if action == .stop {
                _ = board.takeCautionTurn(id, isWanted: false)
                return disconnect()
            }
            do {
                input = try perform(action)
            } catch let refused as RefusedRound {
                metrics.roundRefused()
                lastFailure = refused.cause
                input = .refused(refused.refusal)
            } catch {
                input = try failed(action, error)
            }
        }
    }

    private func makeMachine() -> WorkerProtocol {
        var machine = settings.machine
        machine.batchSize = settings.batchSize
        for subscription in group.subscriptions {
            machine.policies[subscription.topic] = subscription.retryPolicy
            machine.limits[subscription.topic] = subscription.limit
        }
        return WorkerProtocol(settings: machine, seed: world.drawSeed())
    }

    /// - Throws: The error, where it is a fault of ours, or nothing cures it: that ends the pool, loudly.
    private func failed(_ action: WorkerAction, _ error: any Error) throws -> WorkerInput {
        guard let failure = Streams.failure(of: error) ?? Dispatch.Tables.failure(of: error) else { throw error }
        if failure.kind == .fatal { throw failure.cause }
        lastFailure = failure.cause
        logger.debug(
            "worker step failed",
            metadata: Logger.Metadata([.action: "\(action.name)", .error: "\(failure)"])
        )
        for _ in 0..<(submitted.count + (open == nil ? 0 : 1)) { metrics.roundLost() }
        open = nil
        submitted = []
        return .failed
    }

    private func perform(_ action: WorkerAction) throws -> WorkerInput {
        switch action {
        case .leases(let action): return try perform(action)
        case .failures(let action): return try perform(action)
        case .limits(.ask(let questions)):
            let answers = try tables().ask(questions)
            // Who waits by order gets on.
            if !isStalled { progress.mark() }
            return .allowed(answers)
        case .streams(let action): return try perform(action)
        case .transaction(let action): return try perform(action)
        case .disconnect:
            disconnect()
            isReconnecting = true
        case .wait(let duration):
            // Who holds nothing is only as well as the heartbeat, which would bring it something; but who has let go of all
            // because a server is away does not get on.
            if held.isEmpty, !isReconnecting, board.isFresh(within: settings.lease, at: world.now) { progress.mark() }
            try? connectedStreams?.flush()
            world.wait(atMost: duration)
        case .stop: break
        }
        return .done
    }

    private func perform(_ action: WorkerAction.Leases) throws -> WorkerInput {
        switch action {
        case .acquire(let limit, let keeping):
            let tables = try standingTables()
            board.beginAcquiring(id)
            isAcquiring = true
            let found = try tables.acquire(worker: id, limit: limit, keeping: keeping, lease: settings.lease)
            isReconnecting = false
            return .acquired(found.taken, takeovers: found.takeovers)
        case .release(let holdings):
            try connectedStreams?.finish()
            try tables().release(holdings, worker: id)
            return .done
        }
    }

    private func perform(_ action: WorkerAction.Failures) throws -> WorkerInput {
        switch action {
        case .survey(let holdings):
            let lettingGo = group.subscriptions.filter { !$0.retryPolicy.deadLettersHoldTheirKey }.map(\.topic)
            return .surveyed(try tables().survey(holdings.map(\.partition), lettingGo: lettingGo))
        case .count(let attempts): return .counted(try tables().count(attempts))
        case .countRetry(let holding, let key): return .counted([try tables().countRetry(holding, key)])
        }
    }

    private func perform(_ action: WorkerAction.Streams) throws -> WorkerInput {
        switch action {
        case .rewind(let partition, let checkpoint): return try rewind(partition, checkpoint)
        case .read(let partitions, let count, let block): return try read(partitions, count, block)
        case .peek(let holdings):
            let found = try streams().peek(holdings)
            // That one partition has nothing to do is no progress while another stands.
            if !isStalled, found.contains(.nothing) { progress.mark() }
            return .peeked(found)
        case .sweep(let holdings): try streams().sweep(holdings)
        case .acknowledge(let acknowledgements): try streams().acknowledge(acknowledgements)
        }
        return .done
    }

    private func rewind(_ partition: Partition, _ checkpoint: EntryID) throws -> WorkerInput {
        do {
            try streams().rewind(partition, to: checkpoint)
            return .done
        } catch {
            // A key of another type, a right that is missing: the other partitions are none the worse.
            guard let failure = Streams.failure(of: error), [.troubled, .groupMissing, .away].contains(failure.kind)
            else {
                throw error
            }
            lastFailure = failure.cause
            return failure.kind == .away ? .away : .troubled
        }
    }

    private func read(_ partitions: [Partition], _ count: Int, _ block: Duration) throws -> WorkerInput {
        do {
            let read = try streams().read(partitions, count: count, block: block)
            deliveredBefore = delivered
            delivered = read
            if let cause = read.cause { lastFailure = cause }
            return .delivered(delivered.batches, unread: delivered.unread)
        } catch {
            switch Streams.failure(of: error)?.kind {
            // Which of them it is Redis does not say.
            case .groupMissing?:
                return .delivered([], unread: Dictionary(uniqueKeysWithValues: partitions.map { ($0, .groupMissing) }))
            case .interrupted?:
                // What may have come meanwhile is pending in Redis, where the next owner finds it.
                connectedStreams = nil
                return .delivered([])
            default: throw error
            }
        }
    }

    // MARK: Connections
    // They are not made anew as soon as one has died: what was held under it is unknown then, and the protocol says `disconnect` first.
    // A relay drops its own likewise, and may have to stand by; a heartbeat declares its group on each new one; schedulers and operators,
    // who hold nothing between two calls, look whether theirs is dead. Four rules, so there is no type for a connection that renews itself.

    private func streams() throws -> Streams {
        if let connectedStreams { return connectedStreams }
        let made = try connections.streams()
        connectedStreams = made
        return made
    }

    func tables() throws -> Dispatch.Tables {
        if let connectedTables { return connectedTables }
        let made = try connections.tables()
        connectedTables = made
        return made
    }

    /// A worker is live when it works: it says so once both its connections stand, and what it lacks it makes before it takes
    /// anything.
    private func standingTables() throws -> Dispatch.Tables {
        do {
            _ = try streams()
            let tables = try tables()
            try tables.register(id, lease: settings.lease)
            board.post(isConnected: true, of: id)
            return tables
        } catch {
            board.post(isConnected: false, of: id)
            throw error
        }
    }

    /// The leases are not given back: they end by themselves.
    private func cutOff() {
        logger.warning(
            "the time to stop is over: the worker ends, and its partitions stay its until their leases end",
            metadata: Logger.Metadata([.group: "\(group.name)", .count: .number(held.count)])
        )
        _ = board.takeCautionTurn(id, isWanted: false)
        disconnect()
    }

    private func disconnect() {
        board.post(isConnected: false, of: id)
        troubleLog.endAll()
        connectedStreams = nil
        connectedTables = nil
        delivered = StreamRead()
        deliveredBefore = StreamRead()
        fetched = [:]
    }
}
