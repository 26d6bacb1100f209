import Executors
import Foundation
import Logging
import PerchProtocol
import Postgres
import Redis

/// One worker: the shell around `WorkerProtocol`, on a thread of its own, with one Redis and one Postgres connection.
actor Worker {
    let id: WorkerID
    let group: ConsumerGroup
    let settings: WorkerPool.Settings
    let logger: Logger
    private let contract: Contract
    let progress: ProgressMark
    let metrics: ConsumerMetrics
    private let configuration: WorkerPool.Configuration
    private let board: LeaseBoard
    let stop: StopSignal
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Looked up once: a program sets its tracer before it starts a worker.
    private(set) lazy var tracer = ConsumerTracing.activeTracer
    private var streams: WorkerStreams?
    private var postgres: PostgresConnection?
    /// Why the last round or connection failed, for the log.
    private(set) var lastFailure: (any Error)?
    /// What the last two reads delivered: while one round is being committed, the next is handled.
    var delivered = DeliveredEvents()
    var deliveredBefore = DeliveredEvents()
    /// What the retry at hand has fetched, by position.
    var fetched: [Position: Delivery] = [:]
    private var held: [Holding] = []
    /// Leases were asked for, and what came of it is not posted yet.
    private var isAcquiring = false
    /// A connection was lost, and nothing was asked of a lease since.
    private var isReconnecting = false
    /// A partition waits for a missing entry, or nearly all of it fails.
    private var isStalled = false

    init(
        id: WorkerID,
        progress: ProgressMark,
        metrics: ConsumerMetrics,
        group: ConsumerGroup,
        contract: Contract,
        configuration: WorkerPool.Configuration,
        settings: WorkerPool.Settings,
        board: LeaseBoard,
        stop: StopSignal,
        logger: Logger
    ) {
        self.id = id
        self.progress = progress
        self.metrics = metrics
        self.group = group
        self.contract = contract
        self.configuration = configuration
        self.settings = settings
        self.board = board
        self.stop = stop
        self.logger = logger
        self.executor = ThreadExecutor(name: "perch-\(progress.name)")
    }

    /// Blocks the worker's thread until the stop signal is raised and all leases are given back, or the time for that is over.
    func run() throws {
        var protocolSettings = WorkerProtocol.Settings()
        protocolSettings.batchSize = settings.batchSize
        for subscription in group.subscriptions {
            protocolSettings.policies[subscription.topic] = subscription.retryPolicy
        }
        var machine = WorkerProtocol(settings: protocolSettings, seed: .random(in: 0 ... .max))
        let clock = ContinuousClock()
        let origin = clock.now
        var rounds = Rounds()
        var input = WorkerInput.done
        while true {
            if stop.isRaised { machine.quiet() }
            if stop.isOverdue { return cutOff() }
            machine.observe(board.view(of: id))
            machine.grantCautionTurn(board.takeCautionTurn(id, isWanted: machine.wantsCautionTurn))
            let action = machine.next(input, at: origin.duration(to: clock.now))
            isStalled = !machine.stalled.isEmpty
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
                input = try perform(action, &rounds)
            } catch let refused as RefusedRound {
                metrics.roundRefused()
                lastFailure = refused.cause
                input = .refused(refused.refusal)
            } catch {
                guard isTransient(error) else { throw SchemaMissing.explaining(error, at: configuration.postgres) }
                lastFailure = error
                logger.debug(
                    "worker step failed",
                    metadata: Logger.Metadata([.action: "\(action.name)", .error: "\(error)"])
                )
                for _ in 0..<rounds.count { metrics.roundLost() }
                rounds = Rounds()
                input = .failed
            }
        }
    }

    private func perform(_ action: WorkerAction, _ rounds: inout Rounds) throws -> WorkerInput {
        switch action {
        case .acquire(let limit, let keeping):
            let store = try standingStore()
            board.beginAcquiring(id)
            isAcquiring = true
            let found = try store.acquire(worker: id, limit: limit, keeping: keeping, lease: settings.lease)
            isReconnecting = false
            return .acquired(found.taken, takeovers: found.takeovers)
        case .release(let holdings):
            try streams?.connection.receiveOutstanding()
            try LeaseStore(connection: try connection(), group: group.name).release(holdings, worker: id)
            return .done
        case .survey, .count, .countRetry:
            return try consult(action)
        case .rewind(let partition, let checkpoint):
            do {
                try stream().rewind(partition, to: checkpoint)
            } catch let error as RedisError where !error.concernsServer {
                // A key of another type, a right that is missing: the other partitions are none the worse.
                lastFailure = error
                return .troubled
            }
            return .done
        case .read(let partitions, let count, let block):
            return try read(partitions, count, block)
        case .peek(let holdings):
            let found = try stream().peek(holdings)
            // That one partition has nothing to do is no progress while another stands.
            if !isStalled, found.contains(.nothing) { progress.mark() }
            return .peeked(found)
        case .acknowledge(let acknowledgements):
            try stream().acknowledge(acknowledgements)
            return .done
        case .begin, .handle, .attempt, .park, .fetch, .retry, .retryAll, .settle, .fence, .confirm, .commit, .submit,
            .awaitOutcome, .rollback:
            return try perform(action, in: &rounds)
        case .disconnect:
            disconnect()
            isReconnecting = true
            return .done
        case .wait(let duration):
            // Who holds nothing is only as well as the heartbeat, which would bring it something; but who has let go of all
            // because a server is away does not get on.
            if held.isEmpty, !isReconnecting, board.isFresh(within: settings.lease) { progress.mark() }
            try? streams?.connection.flush()
            stop.wait(atMost: duration)
            return .done
        case .stop:
            return .done
        }
    }

    /// What is asked of Postgres about failed events outside of a round.
    private func consult(_ action: WorkerAction) throws -> WorkerInput {
        let failures = FailureStore(group: group.name)
        switch action {
        case .survey(let holdings):
            let lettingGo = group.subscriptions.filter { !$0.retryPolicy.deadLettersHoldTheirKey }.map(\.topic)
            let partitions = holdings.map(\.partition)
            return .surveyed(try failures.survey(partitions, lettingGo: lettingGo, on: connection()))
        case .count(let attempts): return .counted(try failures.count(attempts, on: connection()))
        case .countRetry(let holding, let key):
            return .counted([try failures.countRetry(holding, key, on: connection())])
        default: preconditionFailure("\(action.name) is not asked here")
        }
    }

    private func read(_ partitions: [Partition], _ count: Int, _ block: Duration) throws -> WorkerInput {
        do {
            let streams = try stream()
            // Who waits for nothing but work is not waited for when the program is to stop.
            let read =
                try block > .zero
                ? streams.connection.interruptible(by: stop.descriptor) {
                    try streams.read(partitions, count: count, block: block)
                } : streams.read(partitions, count: count, block: nil)
            deliveredBefore = delivered
            delivered = read
            return .delivered(delivered.batches)
        } catch let error as RedisError where error.prefix == .noGroup {
            return .groupsMissing(partitions)
        } catch let error as RedisError where error.code == .interrupted {
            // What may have come meanwhile is pending in Redis, where the next owner finds it.
            streams = nil
            return .delivered([])
        }
    }

    // MARK: Connections

    private func stream() throws -> WorkerStreams {
        if let streams { return streams }
        let connection = try RedisConnection(configuration.redis)
        try connection.requireOneNode(for: configuration.naming)
        let made = WorkerStreams(
            connection: connection,
            naming: configuration.naming,
            group: group.name,
            consumer: progress.name,
            sources: Dictionary(uniqueKeysWithValues: contract.topics.map { ($0.name, $0.owner) })
        )
        streams = made
        return made
    }

    /// A worker is live when it works: it says so once both its connections stand, and what it lacks it makes before it takes
    /// anything.
    private func standingStore() throws -> LeaseStore {
        do {
            _ = try stream()
            let store = LeaseStore(connection: try connection(), group: group.name)
            try store.register(
                id,
                host: ProcessInfo.processInfo.hostName,
                pid: ProcessInfo.processInfo.processIdentifier,
                lease: settings.lease
            )
            board.post(isConnected: true, of: id)
            return store
        } catch {
            board.post(isConnected: false, of: id)
            throw error
        }
    }

    func connection() throws -> PostgresConnection {
        if let postgres { return postgres }
        let made = try PostgresConnection(configuration.postgres)
        if settings.checksPublishing { made.publishOnly(as: contract) }
        postgres = made
        return made
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
        streams = nil
        postgres = nil
        delivered = DeliveredEvents()
        deliveredBefore = DeliveredEvents()
        fetched = [:]
    }

    /// An error that time or an operator can cure; anything else is a fault of ours and ends the pool, loudly.
    private func isTransient(_ error: any Error) -> Bool {
        if let error = error as? PostgresError { return error.sqlState?.isMissingSchema != true }
        return error is RedisError || error is EventsNotAtHand || error is UnfitRedis
    }
}
