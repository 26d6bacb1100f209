package import Logging
package import PerchProtocol

/// The heartbeat of a process: one connection to Postgres for all its workers.
///
/// A long handler keeps its lease, since the heartbeat's thread is not the one that is busy; a frozen process loses it, since the
/// heartbeat is frozen with it. It blocks its caller's thread; the simulation runs this very code.
package final class HeartbeatLoop<Tables: HeartbeatTables, World: Surroundings> {
    private let workers: [WorkerID]
    private let group: ConsumerGroup
    private let partitions: [Partition]
    private let board: LeaseBoard
    private let connect: () throws -> Tables
    private let lease: Duration
    private let every: Duration
    private let world: World
    private let logger: Logger

    private var tables: Tables?
    private var connections = 0
    /// What the last look on this connection has found.
    private var sight: LeaseSight?
    /// Whether its shares are of each topic.
    private var isByTopic = false
    /// How many leases the process's workers that live should hold, by that.
    private var shares: [WorkerID: LeaseShare] = [:]
    /// Leases that their workers do not know of, since when.
    private var unknown: [OwnedLease: Duration] = [:]

    /// - Parameters:
    ///   - every: The time between two beats.
    ///   - connect: Asked again after each loss.
    package init(
        workers: [WorkerID],
        group: ConsumerGroup,
        partitions: [Partition],
        board: LeaseBoard,
        lease: Duration,
        every: Duration,
        world: World,
        logger: Logger,
        connect: @escaping () throws -> Tables
    ) {
        self.workers = workers
        self.group = group
        self.partitions = partitions
        self.board = board
        self.lease = lease
        self.every = every
        self.world = world
        self.logger = logger
        self.connect = connect
    }

    /// Beats until it is told to stop, which is when the last worker has given its leases back.
    ///
    /// - Throws: What nothing cures; all else is tried again.
    package func run() throws {
        var failures = 0
        var random = SplitMix64(seed: world.drawSeed())
        let backoff = HeartbeatBackoff.growing(to: every)
        // The first look is worth more once the workers stand: it tells them what is theirs.
        for _ in 0..<50 where !board.hasHeard(of: workers) {
            if world.isToldToStop { break }
            world.wait(atMost: every / 50)
        }
        while true {
            var pause = every
            do {
                try beat()
                failures = 0
            } catch {
                guard let failure = Tables.failure(of: error) else { throw error }
                if failure.kind == .fatal { throw failure.cause }
                failures += 1
                pause = backoff.delay(after: failures, using: &random)
                tables = nil
                logger.warning(
                    "heartbeat failed",
                    metadata: Logger.Metadata([.error: "\(failure)", .retryIn: "\(pause)"])
                )
            }
            if world.isToldToStop { break }
            // Not all processes that were started together at once.
            if failures == 0 { pause = every - every * Double.random(in: 0..<0.2, using: &random) }
            world.wait(atMost: pause)
            if world.isToldToStop { break }
        }
        try? tables?.leave(workers)
        tables = nil
    }

    private func beat() throws {
        let tables = try connected()
        let beat = try tables.beat(board.connected, lease: lease)
        let sight = try current(beat, tables)
        var view = sight.view
        view.connection = connections
        view.clock = beat.clock
        board.post(view, shares: shares, at: world.now)
        try giveUpUnknown(among: sight.owned, tables)
    }

    /// What the last look has found, while that holds; else what a look finds now.
    private func current(_ beat: LeaseBeat, _ tables: Tables) throws -> LeaseSight {
        // Shares of a look beside the release before are of another kind.
        if let sight, sight.mark == beat.mark, sight.isSettled, beat.isSettled, isByTopic { return sight }
        let found = try tables.look(workers, lease: lease)
        sight = found
        isByTopic = beat.isSettled
        shares = found.shares(of: workers, areByTopic: beat.isSettled)
        return found
    }

    /// A lease in the name of a worker that lives is held. One that the worker does not know of, because its COMMIT came late,
    /// would be held for ever and never read: after the time of a lease it is given back. Until then its worker may take it
    /// itself.
    private func giveUpUnknown(among owned: [OwnedLease], _ tables: Tables) throws {
        let now = world.now
        let seen = board.unknown(among: owned)
        unknown = Dictionary(uniqueKeysWithValues: seen.map { ($0, unknown[$0] ?? now) })
        let due = seen.filter { now - unknown[$0, default: now] >= lease }
        guard !due.isEmpty else { return }
        try tables.giveUp(due)
        logger.warning(
            "leases were given up that no worker knows of",
            metadata: Logger.Metadata([.count: .number(due.count)])
        )
    }

    private func connected() throws -> Tables {
        if let tables { return tables }
        let made = try connect()
        warnOfOtherNumbers(try made.declare(group, partitions))
        tables = made
        sight = nil
        connections += 1
        return made
    }

    /// The leases are those of the database, so that a process with an old contract does no harm. But it should be known.
    private func warnOfOtherNumbers(_ present: [TopicName: Int]) {
        let contract = Dictionary(grouping: partitions, by: \.topic).mapValues(\.count)
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

/// How long the heartbeat waits after a failure.
enum HeartbeatBackoff {
    /// It grows to the usual time between two beats and no further. Postgres is asked no more often than when all is well, by
    /// the half at most; and when it is back, whoever comes first takes what has expired: a process that waits longer than
    /// the others would lose all that it held.
    static func growing(to every: Duration) -> Backoff {
        Backoff(first: .milliseconds(100), cap: every, floor: .milliseconds(20))
    }
}
