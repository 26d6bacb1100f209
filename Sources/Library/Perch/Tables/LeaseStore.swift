import FoundationEssentials
package import Postgres

/// The statements on a group's leases and checkpoints. Times are Postgres's, no other clock's.
///
/// A lease is held while its owner lives: as long as `expires_at` of its row in `perch.workers` says, or, of a worker of the
/// release before, which has none there, that of the lease.
package struct LeaseStore {
    let connection: PostgresConnection
    let group: GroupName

    /// How long the end of a former owner's backend is waited for.
    private static let terminationTimeout = 5_000

    package init(connection: PostgresConnection, group: GroupName) {
        self.connection = connection
        self.group = group
    }

    /// Admits the group to the database and makes its rows; where they are, nothing happens.
    ///
    /// - Throws: `FormerReleaseAtWork`; `PostgresError`.
    package func declare(_ partitions: [Partition]) throws {
        try GroupAdmission.admit(group, on: connection)
        let topics = partitions.map(\.topic)
        let numbers = partitions.map(\.number)
        try connection.transaction { tx in
            try tx.execute(
                """
                INSERT INTO perch.checkpoints (group_name, topic, partition)
                SELECT \(group), p.* FROM unnest(\(topics), \(numbers)) AS p ON CONFLICT DO NOTHING
                """
            )
            try tx.execute(
                """
                INSERT INTO perch.leases (group_name, topic, partition)
                SELECT \(group), p.* FROM unnest(\(topics), \(numbers)) AS p ON CONFLICT DO NOTHING
                """
            )
        }
    }

    /// Says that a worker whose connections stand lives: without it nothing is acquired. The heartbeat goes on with it.
    ///
    /// In a statement of its own, so that the heartbeat never waits for what acquiring waits for. As long as the group is not
    /// admitted nothing happens.
    func register(_ worker: WorkerID, host: String, pid: Int32, lease: Duration) throws {
        try connection.execute(
            """
            INSERT INTO perch.workers (worker, group_name, host, pid, expires_at)
            SELECT \(worker), g.group_name, \(host), \(pid),
                clock_timestamp() + \(lease.milliseconds) * interval '1 millisecond'
            FROM perch.groups g WHERE g.group_name = \(group)
            ON CONFLICT (worker) DO UPDATE SET heartbeat_at = clock_timestamp(), expires_at = excluded.expires_at
            """
        )
    }

    /// Takes the worker's own leases from before, and up to `limit` that no living worker holds.
    ///
    /// The former owner's backend is ended first: that frees all its row locks and settles a COMMIT in flight. Only then
    /// is the checkpoint locked, given the epoch, and read.
    /// - Returns: What was taken; and of that, what its owner had not given back.
    func acquire(worker: WorkerID, limit: LeaseShare, keeping: [Partition], lease: Duration) throws -> (
        taken: [Holding], takeovers: [Takeover]
    ) {
        // The first row is for its own.
        let limits: [(topic: TopicName?, most: Int?)] =
            switch limit {
            case .whole(let most): [(nil, nil), (nil, most)]
            case .byTopic(let limits): [(nil, nil)] + limits.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            }
        return try connection.transaction { tx in
            try tx.boundIdleTime(lease)
            let candidates = try tx.query(
                """
                SELECT t.topic, t.partition, s.most IS NULL AS is_own, t.backend_pid, t.backend_start, t.was_owned
                FROM unnest(\(limits.map(\.topic?.rawValue)), \(limits.map(\.most))) AS s (topic, most)
                CROSS JOIN LATERAL (
                    SELECT l.topic, l.partition, l.backend_pid, l.backend_start, l.owner IS NOT NULL AS was_owned
                    FROM perch.leases l
                    WHERE l.group_name = \(group) AND CASE
                            WHEN s.most IS NULL THEN l.owner = \(worker)
                            ELSE (s.topic IS NULL OR l.topic = s.topic) AND l.owner IS DISTINCT FROM \(worker)
                                AND \(raw: Self.isClaimable)
                        END
                        AND l.paused_at IS NULL
                        AND (l.topic, l.partition) NOT IN (
                            SELECT i.topic, i.partition FROM perch.idle_partitions(\(group)) i
                        )
                        AND (l.topic || ':' || l.partition) <> ALL (\(keeping.map(\.description)))
                        AND EXISTS (
                            SELECT FROM perch.workers w
                            WHERE w.worker = \(worker) AND w.expires_at >= clock_timestamp()
                        )
                    ORDER BY random()
                    -- No more than are taken: what is locked here the others cannot take.
                    LIMIT s.most
                    FOR UPDATE OF l SKIP LOCKED
                ) AS t
                """
            ) { row in
                Candidate(
                    partition: try row.partition(),
                    isOwn: try row.decode("is_own"),
                    wasOwned: try row.decode("was_owned"),
                    backend: try row.decodeIfPresent("backend_pid", as: Int32.self),
                    backendStart: try row.decodeIfPresent("backend_start", as: Timestamp.self)
                )
            }
            let own = candidates.filter(\.isOwn)
            let others = candidates.filter { !$0.isOwn }
            let taken = try (own + others).compactMap { candidate in
                guard try end(candidate, in: tx) else { return nil as Taken? }
                return try take(candidate.partition, worker, in: tx)
            }
            // Whoever gives a lease back leaves no owner behind; an owner whose time is over has died or was frozen. And an
            // attempt that was counted and has not passed says so whoever made it.
            let unclean = Set(others.filter(\.wasOwned).map(\.partition))
            let ours = Set(own.map(\.partition))
            let takeovers = taken.compactMap { taken -> Takeover? in
                let partition = taken.holding.partition
                let isOwn = ours.contains(partition)
                guard taken.attempted != nil || isOwn || unclean.contains(partition) else { return nil }
                return Takeover(partition: partition, attempted: taken.attempted, isOwn: isOwn)
            }
            return (taken.map(\.holding), takeovers)
        }
    }

    private struct Taken {
        let holding: Holding
        /// The last position of an attempt that was counted and has not passed.
        let attempted: Position?
    }

    private struct Candidate {
        let partition: Partition
        let isOwn: Bool
        let wasOwned: Bool
        let backend: Int32?
        let backendStart: Timestamp?
    }

    /// Ends the backend that held the lease, unless it is gone or is this very one; false if it would not end.
    private func end(_ candidate: Candidate, in tx: borrowing Transaction) throws -> Bool {
        guard let backend = candidate.backend, let start = candidate.backendStart else { return true }
        return try tx.query(
            """
            SELECT coalesce(bool_and(pg_terminate_backend(a.pid, \(Int64(Self.terminationTimeout)))), true) AS ended
            FROM pg_stat_activity a
            WHERE a.pid = \(backend) AND a.pid <> pg_backend_pid() AND a.backend_start = \(start)
            """
        ) { try $0.decode("ended", as: Bool.self) }.first ?? true
    }

    private func take(
        _ partition: Partition,
        _ worker: WorkerID,
        in tx: borrowing Transaction
    ) throws -> Taken? {
        let topic = partition.topic
        let number = partition.number
        let epochs = try tx.query(
            """
            UPDATE perch.leases
            SET owner = \(worker), epoch = epoch + 1, backend_pid = pg_backend_pid(),
                backend_start = (SELECT a.backend_start FROM pg_stat_activity a WHERE a.pid = pg_backend_pid()),
                -- For the release before; each of its heartbeats sets it to the worker's.
                expires_at = 'infinity'
            -- Looked at again now that the lease is locked: the group may have been set back meanwhile.
            WHERE group_name = \(group) AND topic = \(topic) AND partition = \(number)
                AND NOT perch.lies_idle(group_name, topic, partition)
            RETURNING epoch
            """
        ) { try $0.decode("epoch", as: Int64.self) }
        guard let epoch = epochs.first else { return nil }
        let checkpoints = try tx.query(
            """
            UPDATE perch.checkpoints SET epoch = \(epoch)
            WHERE group_name = \(group) AND topic = \(topic) AND partition = \(number)
            RETURNING entry_id, CASE WHEN attempted_from = position + 1 THEN attempted_to END AS attempted
            """
        ) { (try $0.entryID(), try $0.decodeIfPresent("attempted", as: Position.self)) }
        guard let (entryID, attempted) = checkpoints.first, let checkpoint = entryID else { return nil }
        let holding = Holding(partition: partition, epoch: Epoch(rawValue: epoch), checkpoint: checkpoint)
        return Taken(holding: holding, attempted: attempted)
    }

    /// Gives leases back, each only if it is still held under that epoch.
    func release(_ holdings: [Holding], worker: WorkerID) throws {
        try connection.transaction { tx in
            for holding in holdings {
                try tx.execute(
                    """
                    UPDATE perch.leases SET owner = NULL, backend_pid = NULL, backend_start = NULL, expires_at = '-infinity'
                    WHERE group_name = \(group) AND topic = \(holding.partition.topic)
                        AND partition = \(holding.partition.number)
                        AND owner = \(worker) AND epoch = \(holding.epoch)
                    """
                )
            }
        }
    }

    /// That no living worker has the lease `l`.
    package static let isClaimable: StaticString = """
        NOT EXISTS (
            SELECT FROM perch.workers h
            WHERE h.worker = l.owner AND coalesce(h.expires_at, l.expires_at) >= clock_timestamp()
        )
        """
}

extension Transaction {
    /// Bounds how long this transaction keeps its rows locked: the server ends its session when we fall silent for seconds,
    /// and its waits for others. A process that froze here would keep what others pass over from everybody.
    package func boundIdleTime(_ limit: Duration = .seconds(5)) throws(PostgresError) {
        let limit = "\(min(limit, .seconds(5)).milliseconds)ms"
        try execute(
            """
            SELECT set_config('idle_in_transaction_session_timeout', \(limit), true),
                set_config('lock_timeout', \(limit), true)
            """
        )
    }
}

/// The name of one worker thread of one process, for as long as the process lives: `HOST-PID-RANDOM/SLOT`.
package struct WorkerID: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package var description: String { rawValue }

    /// First the first worker of every process, then the second …: what is left over when partitions are shared goes to
    /// different processes.
    package static func < (left: WorkerID, right: WorkerID) -> Bool {
        (left.slot, left.rawValue) < (right.slot, right.rawValue)
    }

    /// As leases are shared.
    package var member: FairShare.Member {
        .init(process: CRC32.checksum(String(process)), slot: slot, number: CRC32.checksum(rawValue))
    }

    private var process: Substring { rawValue[..<(rawValue.lastIndex(of: "/") ?? rawValue.endIndex)] }

    private var slot: Int { rawValue.lastIndex(of: "/").flatMap { Int(rawValue[$0...].dropFirst()) } ?? 0 }
}
