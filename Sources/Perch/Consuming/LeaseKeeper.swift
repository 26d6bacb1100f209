import Executors
import Foundation
import Logging
import PerchProtocol
import Postgres
import Synchronization

/// Where the keeper and the workers of a process tell each other what they know: the keeper what it saw in the table, each
/// worker what it holds. From any thread.
final class LeaseBoard: Sendable {
    private struct State {
        var view = LeaseView()
        /// How many partitions each live worker should hold.
        var shares: [WorkerID: Int] = [:]
        var seenAt: ContinuousClock.Instant?
        var holdings: [WorkerID: [Holding]] = [:]
        /// Who is at an event that may end the process, then who waits for that.
        var cautious: [WorkerID] = []
    }

    private let state = Mutex(State())

    /// What a worker has to know.
    func view(of worker: WorkerID) -> LeaseView {
        state.withLock { state in
            var view = state.view
            view.share = state.shares[worker] ?? 0
            return view
        }
    }

    var holdings: [Holding] { state.withLock { $0.holdings.values.flatMap(\.self) } }

    func post(_ view: LeaseView, live: [WorkerID]) {
        let now = ContinuousClock.now
        // Worked out once a heartbeat: workers look several times a round.
        let shares = live.sorted().enumerated().map { rank, worker in
            (worker, FairShare.of(rank: rank, among: live.count, partitions: view.shared))
        }
        state.withLock {
            $0.view = view
            $0.shares = Dictionary(uniqueKeysWithValues: shares)
            $0.seenAt = now
        }
    }

    /// Whether the heartbeat has seen the table within this time.
    func isFresh(within age: Duration) -> Bool {
        state.withLock { $0.seenAt.map { $0.duration(to: .now) <= age } ?? false }
    }

    /// Whose turn it is to try an event that may end the process: one worker at a time, in the order in which they came.
    ///
    /// - Parameter isWanted: False gives the turn, or the wait for it, back.
    /// - Returns: Whether it is this worker's turn.
    func takeCautionTurn(_ worker: WorkerID, isWanted: Bool) -> Bool {
        state.withLock { state in
            if !isWanted {
                if !state.cautious.isEmpty { state.cautious.removeAll { $0 == worker } }
                return false
            }
            if !state.cautious.contains(worker) { state.cautious.append(worker) }
            return state.cautious.first == worker
        }
    }

    func post(_ holdings: [Holding], of worker: WorkerID) { state.withLock { $0.holdings[worker] = holdings } }
}

/// The heartbeat of a process: one connection and one thread for all its workers.
///
/// A long handler keeps its lease, since the keeper is not the thread that is busy; a frozen process loses it, since the
/// keeper is frozen with it.
actor LeaseKeeper {
    private let workers: [WorkerID]
    private let group: ConsumerGroup
    private let partitions: [Partition]
    private let board: LeaseBoard
    private let postgres: PostgresConfiguration
    private let settings: WorkerPool.Settings
    private let logger: Logger
    private let executor = ThreadExecutor(name: "perch-leases")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private var store: LeaseStore?
    private var connections = 0

    init(
        workers: [WorkerID],
        group: ConsumerGroup,
        partitions: [Partition],
        board: LeaseBoard,
        postgres: PostgresConfiguration,
        settings: WorkerPool.Settings,
        logger: Logger
    ) {
        self.workers = workers
        self.group = group
        self.partitions = partitions
        self.board = board
        self.postgres = postgres
        self.settings = settings
        self.logger = logger
    }

    /// Beats until `ended` is raised, which is when the last worker has given its leases back.
    ///
    /// - Throws: `SchemaMissing`; all else is tried again.
    func run(until ended: ThreadSignal) throws {
        var failures = 0
        var random = SystemRandomNumberGenerator()
        let backoff = Backoff(first: .milliseconds(100), cap: settings.heartbeat, floor: .milliseconds(20))
        while true {
            var pause = settings.heartbeat
            do {
                try beat()
                failures = 0
            } catch let error as PostgresError where error.sqlState?.isMissingSchema == true {
                throw SchemaMissing.explaining(error, at: postgres)
            } catch {
                failures += 1
                pause = backoff.delay(after: failures, using: &random)
                store = nil
                logger.warning(
                    "heartbeat failed",
                    metadata: Logger.Metadata([.error: "\(error)", .retryIn: "\(pause)"])
                )
            }
            if ended.wait(after: 0, atMost: pause) > 0 { break }
        }
        try? store?.leave(workers)
        store = nil
    }

    private func beat() throws {
        let store = try connected()
        var (view, live) = try store.heartbeat(
            workers,
            holding: board.holdings,
            host: ProcessInfo.processInfo.hostName,
            pid: ProcessInfo.processInfo.processIdentifier,
            lease: settings.lease
        )
        view.connection = connections
        board.post(view, live: live)
    }

    private func connected() throws -> LeaseStore {
        if let store { return store }
        let made = LeaseStore(connection: try PostgresConnection(postgres))
        try made.declare(partitions)
        try SubscriptionStore(connection: made.connection).declare(group)
        try warnOfOtherLayouts(made.connection)
        store = made
        connections += 1
        return made
    }

    /// The leases are those of the database, so that a process with an old contract does no harm. But it should be known.
    private func warnOfOtherLayouts(_ connection: PostgresConnection) throws {
        let contract = Dictionary(grouping: partitions, by: \.topic).mapValues(\.count)
        let layouts = try LayoutStore.layouts(of: Array(contract.keys), on: connection)
        let present = Dictionary(layouts.map { ($0.topic, $0.nextPartitions) }) { $1 }
        for (topic, count) in present where contract[topic] != count {
            logger.warning(
                "the contract has another number of partitions than the topic: start with the streams/ that has it",
                metadata: Logger.Metadata([
                    .topic: "\(topic)", .count: .number(contract[topic] ?? 0), .declared: .number(count),
                ])
            )
        }
    }
}
