import Executors
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
    private let progress: ProgressMark
    private let metrics: ConsumerMetrics
    private let configuration: WorkerPool.Configuration
    private let board: LeaseBoard
    private let stop: StopSignal
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private var streams: WorkerStreams?
    private var postgres: PostgresConnection?
    /// Why the last round or connection failed, for the log.
    private(set) var lastFailure: (any Error)?
    /// What was read and is not committed yet.
    private var delivered = DeliveredEvents()
    /// What the retry at hand has fetched, by position.
    private var fetched: [Position: Delivery] = [:]
    private var held: [Holding] = []
    /// A connection was lost, and nothing was asked of a lease since.
    private var isReconnecting = false
    /// A partition waits for a missing entry, or nearly all of it fails.
    private var isStalled = false
    /// What the round at hand has come to, for when it commits.
    private var work = RoundWork()

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

    /// Blocks the worker's thread until the stop signal is raised and all leases are given back.
    func run() throws {
        var protocolSettings = WorkerProtocol.Settings()
        protocolSettings.batchSize = settings.batchSize
        for subscription in group.subscriptions {
            protocolSettings.policies[subscription.topic] = subscription.retryPolicy
        }
        var machine = WorkerProtocol(settings: protocolSettings, seed: .random(in: 0 ... .max))
        let clock = ContinuousClock()
        let origin = clock.now
        var round: Round?
        var input = WorkerInput.done
        while true {
            if stop.isRaised { machine.quiet() }
            machine.observe(board.view(of: id))
            machine.grantCautionTurn(board.takeCautionTurn(id, isWanted: machine.wantsCautionTurn))
            let action = machine.next(input, at: origin.duration(to: clock.now))
            isStalled = !machine.stalled.isEmpty
            for notice in machine.drainNotices() { report(notice) }
            if machine.holdings != held {
                held = machine.holdings
                board.post(held, of: id)
            }
            if action == .stop {
                _ = board.takeCautionTurn(id, isWanted: false)
                return disconnect()
            }
            do {
                input = try perform(action, &round)
            } catch let refused as RefusedRound {
                metrics.roundRefused()
                lastFailure = refused.cause
                input = .refused(refused.refusal)
            } catch {
                guard isTransient(error) else { throw error }
                lastFailure = error
                logger.debug(
                    "worker step failed",
                    metadata: Logger.Metadata([.action: "\(action.name)", .error: "\(error)"])
                )
                if work.isOpen { metrics.roundLost() }
                work = RoundWork()
                round = nil
                input = .failed
            }
        }
    }

    private func perform(_ action: WorkerAction, _ round: inout Round?) throws -> WorkerInput {
        switch action {
        case .acquire(let limit, let keeping):
            let store = LeaseStore(connection: try connection())
            let found = try store.acquire(worker: id, limit: limit, keeping: keeping, lease: settings.lease)
            isReconnecting = false
            return .acquired(found.taken, takeovers: found.takeovers)
        case .release(let holdings):
            try streams?.connection.receiveOutstanding()
            try LeaseStore(connection: try connection()).release(holdings, worker: id)
            return .done
        case .survey, .count, .countRetry:
            return try consult(action)
        case .rewind(let partition, let checkpoint):
            try stream().rewind(partition, to: checkpoint)
            return .done
        case .read(let partitions, let count, let block):
            return try read(partitions, count, block)
        case .peek(let holdings):
            let found = try stream().peek(holdings)
            // That one partition has nothing to do is no progress while another stands.
            if !isStalled, found.contains(where: { $0 == nil }) { progress.mark() }
            return .peeked(found)
        case .acknowledge(let acknowledgements):
            try stream().acknowledge(acknowledgements)
            return .done
        case .begin:
            work = RoundWork(isOpen: true)
            round = Round(try connection().begin(), group: group, tracer: ConsumerTracing.activeTracer)
            return .done
        case .handle(let slices):
            let events = slices.map { slice in
                let all = delivered.slice(slice)
                return slice.held.isEmpty ? all : all.filter { !slice.held.contains($0.entryID.position) }[...]
            }
            work.firsts = events.compactMap { $0.first.map { ($0.topic, $0.time) } }
            work.tally = try round?.handle(events) ?? RoundTally()
            return .done
        case .attempt(let partition, let position):
            let event = delivered.event(partition, at: position)
            if let event, work.partitions.insert(partition).inserted { work.firsts.append((event.topic, event.time)) }
            return try attempt(event, &round)
        case .park(let parkings):
            for parking in parkings {
                work.tally.add(parking)
                let events = parking.events.compactMap { parked in
                    delivered.event(parking.partition, at: parked.position).map { (event: $0, as: parked) }
                }
                try round?.park(events)
            }
            return .done
        case .fetch(let partition, let keys, let limit):
            guard let found = try round?.fetch(partition, keys: keys, limit: limit) else { return .failed }
            fetched = Dictionary(uniqueKeysWithValues: found.events.map { ($0.as.position, $0.event) })
            return .fetched(found.events.map(\.as), hasMore: found.hasMore)
        case .retry(_, let position):
            return try attempt(fetched[position], &round)
        case .retryAll:
            let events = fetched.values.sorted { $0.entryID.position < $1.entryID.position }
            work.tally = try round?.handle([events[...]]) ?? RoundTally()
            return .done
        case .settle(let settlement):
            work.tally.add(settlement)
            try round?.settle(settlement)
            return .done
        case .fence(let fence):
            try round?.fence(fence)
            return .done
        case .confirm(let holding):
            try round?.confirm(holding)
            return .done
        case .commit:
            try round.take()?.commit()
            metrics.roundCommitted(work.tally, firsts: work.firsts, took: work.began.duration(to: .now))
            progress.mark()
            work = RoundWork()
            return .committed
        case .rollback:
            round = nil
            work = RoundWork()
            return .done
        case .disconnect:
            disconnect()
            isReconnecting = true
            return .done
        case .wait(let duration):
            // Who holds nothing is only as well as the heartbeat, which would bring it something; but who has let go of all
            // because a server is away does not get on.
            if held.isEmpty, !isReconnecting, board.isFresh(within: settings.lease) { progress.mark() }
            try? streams?.connection.flush()
            ThreadClock.wait(duration)
            return .done
        case .stop:
            return .done
        }
    }

    /// What is asked of Postgres about failed events outside of a round.
    private func consult(_ action: WorkerAction) throws -> WorkerInput {
        switch action {
        case .survey(let holdings):
            let lettingGo = group.subscriptions.filter { !$0.retryPolicy.deadLettersHoldTheirKey }.map(\.topic)
            let found = try FailureStore.survey(holdings.map(\.partition), lettingGo: lettingGo, on: connection())
            return .surveyed(found)
        case .count(let attempts): return .counted(try FailureStore.count(attempts, on: connection()))
        case .countRetry(let holding, let key):
            return .counted([try FailureStore.countRetry(holding, key, on: connection())])
        default: preconditionFailure("\(action.name) is not asked here")
        }
    }

    private func attempt(_ event: Delivery?, _ round: inout Round?) throws -> WorkerInput {
        guard let event, let outcome = try round?.attempt(event, &work.tally) else { return .done }
        return switch outcome {
        case .stands: .done
        case .skipped: .eventSkipped
        case .failed(let failure): .eventFailed(failure)
        }
    }

    private func read(_ partitions: [Partition], _ count: Int, _ block: Duration) throws -> WorkerInput {
        do {
            delivered = try stream().read(partitions, count: count, block: block)
            return .delivered(delivered.batches)
        } catch let error as RedisError where error.prefix == .noGroup {
            return .groupsMissing(partitions)
        }
    }

    // MARK: Connections

    private func stream() throws -> WorkerStreams {
        if let streams { return streams }
        let made = WorkerStreams(
            connection: try RedisConnection(configuration.redis),
            naming: configuration.naming,
            group: group.name,
            consumer: progress.name,
            sources: Dictionary(uniqueKeysWithValues: contract.topics.map { ($0.name, $0.owner) })
        )
        streams = made
        return made
    }

    private func connection() throws -> PostgresConnection {
        if let postgres { return postgres }
        let made = try PostgresConnection(configuration.postgres)
        postgres = made
        return made
    }

    private func disconnect() {
        streams = nil
        postgres = nil
        delivered = DeliveredEvents()
        fetched = [:]
    }

    private struct RoundWork {
        var isOpen = false
        let began = ContinuousClock.now
        var firsts: [(TopicName, Timestamp)] = []
        var partitions: Set<Partition> = []
        var tally = RoundTally()
    }

    /// An error that time or an operator can cure; anything else is a fault of ours and ends the pool, loudly.
    private func isTransient(_ error: any Error) -> Bool { error is RedisError || error is PostgresError }
}
