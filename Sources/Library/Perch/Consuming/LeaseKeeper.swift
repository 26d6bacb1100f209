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
        /// By worker, from the first that it had to tell.
        var workers: [WorkerID: Standing] = [:]
        /// Who is at an event that may end the process, then who waits for that.
        var cautious: [WorkerID] = []
    }

    /// How a worker stands.
    private struct Standing {
        var holdings: [Holding] = []
        /// Both its connections stand.
        var isConnected = false
        /// It may get leases that are not among its holdings yet.
        var isAcquiring = false
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

    /// The workers whose connections stand.
    var connected: [WorkerID] { state.withLock { $0.workers.filter(\.value.isConnected).map(\.key) } }

    /// Whether each of these has told whether its connections stand.
    func hasHeard(of workers: [WorkerID]) -> Bool {
        state.withLock { state in workers.allSatisfy { state.workers[$0] != nil } }
    }

    /// Which of these leases their workers do not know of, and are not about to: a COMMIT came after its worker had given it
    /// up. To be asked after the leases were seen, not before.
    func unknown(among leases: [LeaseStore.OwnedLease]) -> [LeaseStore.OwnedLease] {
        state.withLock { state in
            leases.filter { lease in
                guard let worker = state.workers[lease.worker], worker.isConnected, !worker.isAcquiring else {
                    return false
                }
                return !worker.holdings.contains { $0.partition == lease.partition && $0.epoch == lease.epoch }
            }
        }
    }

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

    /// What the worker holds now, all that it has acquired included.
    func post(_ holdings: [Holding], of worker: WorkerID) {
        state.withLock {
            $0.workers[worker, default: Standing()].holdings = holdings
            $0.workers[worker, default: Standing()].isAcquiring = false
        }
    }

    /// Before it acquires. From then on, until it posts what it holds, nothing in its name is unknown to it.
    func beginAcquiring(_ worker: WorkerID) {
        state.withLock { $0.workers[worker, default: Standing()].isAcquiring = true }
    }

    func post(isConnected: Bool, of worker: WorkerID) {
        state.withLock { $0.workers[worker, default: Standing()].isConnected = isConnected }
    }
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
    /// Leases that their workers do not know of, since when.
    private var unknown: [LeaseStore.OwnedLease: ContinuousClock.Instant] = [:]

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
        let backoff = Self.backoff(settings)
        // The first look is worth more once the workers stand: it tells them what is theirs.
        for _ in 0..<50 where !board.hasHeard(of: workers) {
            if ended.wait(after: 0, atMost: settings.heartbeat / 50) > 0 { break }
        }
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

    /// It grows to the usual time between two heartbeats and no further. Postgres is asked no more often than when all is well, by
    /// the half at most; and when it is back, whoever comes first takes what has expired: a process that waits longer than
    /// the others would lose all that it held.
    static func backoff(_ settings: WorkerPool.Settings) -> Backoff {
        Backoff(first: .milliseconds(100), cap: settings.heartbeat, floor: .milliseconds(20))
    }

    private func beat() throws {
        let store = try connected()
        var sight = try store.heartbeat(
            board.connected,
            of: workers,
            host: ProcessInfo.processInfo.hostName,
            pid: ProcessInfo.processInfo.processIdentifier,
            lease: settings.lease
        )
        sight.view.connection = connections
        board.post(sight.view, live: sight.live)
        try giveUpUnknown(among: sight.owned, store)
    }

    /// A lease in the name of a worker that lives is held. One that the worker does not know of, because its COMMIT came late,
    /// would be held for ever and never read: after the time of a lease it is given back. Until then its worker may take it
    /// itself.
    private func giveUpUnknown(among owned: [LeaseStore.OwnedLease], _ store: LeaseStore) throws {
        let now = ContinuousClock.now
        let seen = board.unknown(among: owned)
        unknown = Dictionary(uniqueKeysWithValues: seen.map { ($0, unknown[$0] ?? now) })
        let due = unknown.filter { $0.value.duration(to: now) >= settings.lease }.map(\.key)
        guard !due.isEmpty else { return }
        try store.giveUp(due)
        logger.warning(
            "leases were given up that no worker knows of",
            metadata: Logger.Metadata([.count: .number(due.count)])
        )
    }

    private func connected() throws -> LeaseStore {
        if let store { return store }
        let made = LeaseStore(connection: try PostgresConnection(postgres), group: group.name)
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
