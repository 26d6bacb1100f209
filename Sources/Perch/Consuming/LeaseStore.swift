import FoundationEssentials
import Postgres

/// The statements on leases and checkpoints. Times are Postgres's, no other clock's.
struct LeaseStore {
    let connection: PostgresConnection

    /// How long the end of a former owner's backend is waited for.
    private static let terminationTimeout = 5_000

    /// The first acquisition of a group makes its rows; where they are, nothing happens.
    func declare(_ partitions: [Partition]) throws {
        let topics = partitions.map(\.topic.rawValue)
        let numbers = partitions.map { Int32($0.number.rawValue) }
        try connection.transaction { tx in
            try tx.execute(
                """
                INSERT INTO perch.checkpoints (topic, partition) SELECT * FROM unnest(\(topics), \(numbers))
                ON CONFLICT DO NOTHING
                """
            )
            try tx.execute(
                """
                INSERT INTO perch.leases (topic, partition) SELECT * FROM unnest(\(topics), \(numbers))
                ON CONFLICT DO NOTHING
                """
            )
        }
    }

    /// Takes the worker's own leases from before, and up to `limit` that are free or expired.
    ///
    /// The former owner's backend is ended first: that frees all its row locks and settles a COMMIT in flight. Only then
    /// is the checkpoint locked, given the epoch, and read.
    /// - Returns: What was taken; and of that, what its owner had not given back.
    func acquire(worker: WorkerID, limit: Int, keeping: [Partition], lease: Duration) throws -> (
        taken: [Holding], takeovers: [Takeover]
    ) {
        try connection.transaction { tx in
            try tx.boundIdleTime(lease)
            let candidates = try tx.query(
                """
                SELECT l.topic, l.partition, l.owner = \(worker.rawValue) AS is_own, l.backend_pid, l.backend_start,
                    l.owner IS NOT NULL AS was_owned
                FROM perch.leases l
                WHERE (l.owner IS NULL OR l.expires_at < clock_timestamp() OR l.owner = \(worker.rawValue))
                    AND l.paused_at IS NULL AND NOT perch.lies_idle(l.topic, l.partition)
                    AND (l.topic || ':' || l.partition) <> ALL (\(keeping.map(\.description)))
                ORDER BY l.owner = \(worker.rawValue) DESC NULLS LAST, random()
                -- No more than are taken: what is locked here the others cannot take.
                LIMIT \(limit) + (SELECT count(*) FROM perch.leases o WHERE o.owner = \(worker.rawValue))
                FOR UPDATE SKIP LOCKED
                """
            ) { row in
                Candidate(
                    partition: try decodePartition(row),
                    isOwn: try row.decodeIfPresent("is_own") ?? false,
                    wasOwned: try row.decode("was_owned"),
                    backend: try row.decodeIfPresent("backend_pid", as: Int32.self),
                    backendStart: try row.decodeIfPresent("backend_start", as: Timestamp.self)
                )
            }
            let own = candidates.filter(\.isOwn)
            let others = candidates.filter { !$0.isOwn }.prefix(limit)
            let taken = try (own + others).compactMap { candidate in
                guard try end(candidate, in: tx) else { return nil as Taken? }
                return try take(candidate.partition, worker, lease, in: tx)
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
        _ lease: Duration,
        in tx: borrowing Transaction
    ) throws -> Taken? {
        let topic = partition.topic.rawValue
        let number = Int32(partition.number.rawValue)
        let epochs = try tx.query(
            """
            UPDATE perch.leases
            SET owner = \(worker.rawValue), epoch = epoch + 1, backend_pid = pg_backend_pid(),
                backend_start = (SELECT a.backend_start FROM pg_stat_activity a WHERE a.pid = pg_backend_pid()),
                expires_at = clock_timestamp() + \(lease.milliseconds) * interval '1 millisecond'
            -- Looked at again now that the lease is locked: the group may have been set back meanwhile.
            WHERE topic = \(topic) AND partition = \(number) AND NOT perch.lies_idle(topic, partition)
            RETURNING epoch
            """
        ) { try $0.decode("epoch", as: Int64.self) }
        guard let epoch = epochs.first else { return nil }
        let checkpoints = try tx.query(
            """
            UPDATE perch.checkpoints SET epoch = \(epoch)
            WHERE topic = \(topic) AND partition = \(number)
            RETURNING entry_id, CASE WHEN attempted_from = position + 1 THEN attempted_to END AS attempted
            """
        ) { (try $0.decode("entry_id", as: String.self), try $0.decodeIfPresent("attempted", as: Position.self)) }
        guard let (entryID, attempted) = checkpoints.first, let checkpoint = EntryID(entryID) else { return nil }
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
                    WHERE topic = \(holding.partition.topic.rawValue)
                        AND partition = \(Int32(holding.partition.number.rawValue))
                        AND owner = \(worker.rawValue) AND epoch = \(holding.epoch.rawValue)
                    """
                )
            }
        }
    }

    // MARK: Heartbeat

    /// Says that these workers live, lengthens the leases that they know of, forgets workers long silent, and looks at the
    /// table.
    ///
    /// A lease in a worker's name that the worker does not know of (its COMMIT came late) is not lengthened: it would be
    /// held for ever and never read. One that a worker is just acquiring is locked and passed over: acquiring lengthens it.
    func heartbeat(
        _ workers: [WorkerID],
        holding: [Holding],
        host: String,
        pid: Int32,
        lease: Duration
    ) throws -> (view: LeaseView, live: [WorkerID]) {
        let names = workers.map(\.rawValue)
        return try connection.transaction { tx in
            try tx.boundIdleTime(lease)
            try tx.execute(
                """
                INSERT INTO perch.workers AS w (worker, host, pid) SELECT unnest(\(names)), \(host), \(pid)
                ON CONFLICT (worker) DO UPDATE SET heartbeat_at = clock_timestamp()
                """
            )
            try tx.execute(
                """
                UPDATE perch.leases l SET expires_at = clock_timestamp() + \(lease.milliseconds) * interval '1 millisecond'
                FROM (
                    SELECT k.topic, k.partition FROM perch.leases k
                    JOIN unnest(
                        \(holding.map(\.partition.topic.rawValue)), \(holding.map { Int32($0.partition.number.rawValue) }),
                        \(holding.map(\.epoch.rawValue))
                    ) AS h (topic, partition, epoch) USING (topic, partition, epoch)
                    WHERE k.owner = ANY (\(names)) FOR UPDATE OF k SKIP LOCKED
                ) AS own
                WHERE l.topic = own.topic AND l.partition = own.partition
                """
            )
            try tx.execute(
                """
                DELETE FROM perch.workers
                WHERE heartbeat_at < clock_timestamp() - 10 * \(lease.milliseconds) * interval '1 millisecond'
                """
            )
            // A frozen owner may keep rows locked that every other worker waits for; then none of them is free to take its
            // lease and end its session. So its session ends here, as soon as the lease is over.
            try tx.execute(
                """
                SELECT pg_terminate_backend(a.pid) FROM perch.leases l
                JOIN pg_stat_activity a ON a.pid = l.backend_pid AND a.backend_start = l.backend_start
                WHERE l.owner <> ALL (\(names)) AND l.expires_at < clock_timestamp()
                """
            )
            let live = try tx.query(
                """
                SELECT worker FROM perch.workers
                WHERE heartbeat_at > clock_timestamp() - \(lease.milliseconds) * interval '1 millisecond'
                """
            ) { WorkerID(rawValue: try $0.decode("worker", as: String.self)) }
            return (try view(in: tx), live)
        }
    }

    private func view(in tx: borrowing Transaction) throws -> LeaseView {
        var view = LeaseView()
        let rows = try tx.query(
            """
            SELECT l.topic, l.partition, l.epoch, l.owner IS NULL OR l.expires_at < clock_timestamp() AS claimable,
                l.paused_at IS NOT NULL OR perch.lies_idle(l.topic, l.partition) AS is_out, coalesce(r.revision, 0) AS revision
            FROM perch.leases l LEFT JOIN perch.failure_revisions r USING (topic, partition)
            """
        ) { row in
            (
                try decodePartition(row), try row.decode("epoch", as: Int64.self),
                try row.decode("claimable", as: Bool.self), try row.decode("is_out", as: Bool.self),
                try row.decode("revision", as: Int64.self)
            )
        }
        for (partition, epoch, isClaimable, isOut, revision) in rows {
            view.epochs[partition] = Epoch(rawValue: epoch)
            view.revisions[partition] = revision
            if isClaimable, !isOut { view.claimable += 1 }
        }
        // What is paused or lies idle is nobody's share.
        view.shared = rows.count { !$0.3 }
        return view
    }

    /// The workers have ended.
    func leave(_ workers: [WorkerID]) throws {
        try connection.execute("DELETE FROM perch.workers WHERE worker = ANY (\(workers.map(\.rawValue)))")
    }

    private func decodePartition(_ row: borrowing Row) throws -> Partition {
        Partition(
            TopicName(rawValue: try row.decode("topic")),
            PartitionNumber(rawValue: Int(try row.decode("partition", as: Int32.self)))
        )
    }
}

extension Transaction {
    /// Bounds how long this transaction keeps its rows locked: the server ends its session when we fall silent for seconds,
    /// and its waits for others. A process that froze here would keep what others pass over from everybody.
    func boundIdleTime(_ limit: Duration = .seconds(5)) throws(PostgresError) {
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
struct WorkerID: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    let rawValue: String
    var description: String { rawValue }

    /// First the first worker of every process, then the second …: what is left over when partitions are shared goes to
    /// different processes.
    static func < (left: WorkerID, right: WorkerID) -> Bool {
        (left.slot, left.rawValue) < (right.slot, right.rawValue)
    }

    private var slot: Int { rawValue.lastIndex(of: "/").flatMap { Int(rawValue[$0...].dropFirst()) } ?? 0 }
}
