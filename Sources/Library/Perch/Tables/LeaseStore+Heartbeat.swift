import Postgres

/// What the heartbeat of a process asks for all its workers.
extension LeaseStore {
    /// Says that these workers live, and with them their leases; forgets workers long silent, and looks at the tables.
    ///
    /// - Parameters:
    ///   - standing: The process's workers whose connections stand. The others die when their time is over: they would keep
    ///     a share of the partitions free and read nothing.
    ///   - workers: All workers of the process.
    func heartbeat(
        _ standing: [WorkerID],
        of workers: [WorkerID],
        host: String,
        pid: Int32,
        lease: Duration
    ) throws -> LeaseSight {
        let names = workers.map(\.rawValue)
        return try connection.transaction { tx in
            try tx.boundIdleTime(lease)
            try tx.execute(
                """
                INSERT INTO perch.workers AS w (worker, group_name, host, pid, expires_at)
                SELECT worker, \(group), \(host), \(pid),
                    clock_timestamp() + \(lease.milliseconds) * interval '1 millisecond'
                FROM unnest(\(standing.map(\.rawValue).sorted())) AS s (worker)
                ON CONFLICT (worker) DO UPDATE SET heartbeat_at = clock_timestamp(), expires_at = excluded.expires_at
                """
            )
            try tx.execute(
                """
                DELETE FROM perch.workers
                WHERE group_name = \(group)
                    AND heartbeat_at < clock_timestamp() - 10 * \(lease.milliseconds) * interval '1 millisecond'
                """
            )
            // A frozen owner may keep rows locked that every other worker waits for; then none of them is free to take its
            // lease and end its session. So its session ends here, as soon as the lease is over.
            try tx.execute(
                """
                SELECT pg_terminate_backend(a.pid) FROM perch.leases l
                JOIN pg_stat_activity a ON a.pid = l.backend_pid AND a.backend_start = l.backend_start
                WHERE l.group_name = \(group) AND l.owner <> ALL (\(names)) AND \(raw: Self.isClaimable)
                """
            )
            let live = try tx.query(
                """
                SELECT worker, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now FROM perch.workers
                WHERE group_name = \(group) AND coalesce(
                    expires_at, heartbeat_at + \(lease.milliseconds) * interval '1 millisecond'
                ) >= clock_timestamp()
                """
            ) { (try $0.decode("worker", as: WorkerID.self), try $0.decode("now", as: Int64.self)) }
            var (view, owned) = try view(names, in: tx)
            if let clock = live.map(\.1).max() { view.clock = clock }
            return LeaseSight(view: view, live: live.map(\.0), owned: owned)
        }
    }

    private func view(
        _ names: [String],
        in tx: borrowing Transaction
    ) throws -> (view: LeaseView, owned: [OwnedLease]) {
        struct Row {
            let partition: Partition
            let epoch: Epoch
            let isClaimable: Bool
            let isOut: Bool
            let revision: Int64
            let owner: WorkerID?
        }
        let rows = try tx.query(
            """
            SELECT l.topic, l.partition, l.epoch, \(raw: Self.isClaimable) AS claimable,
                l.paused_at IS NOT NULL OR i.topic IS NOT NULL AS is_out, coalesce(r.revision, 0) AS revision,
                CASE WHEN l.owner = ANY (\(names)) THEN l.owner END AS own
            FROM perch.leases l
            LEFT JOIN perch.failure_revisions r USING (group_name, topic, partition)
            -- Once a statement: it asks much where a topic has had other partitions.
            LEFT JOIN perch.idle_partitions(\(group)) i ON i.topic = l.topic AND i.partition = l.partition
            WHERE l.group_name = \(group)
            """
        ) { row in
            Row(
                partition: try row.partition(),
                epoch: try row.decode("epoch"),
                isClaimable: try row.decode("claimable"),
                isOut: try row.decode("is_out"),
                revision: try row.decode("revision"),
                owner: try row.decodeIfPresent("own", as: String.self).map(WorkerID.init(rawValue:))
            )
        }
        var view = LeaseView()
        for row in rows {
            view.epochs[row.partition] = row.epoch
            view.revisions[row.partition] = row.revision
            if row.isClaimable, !row.isOut { view.claimable += 1 }
        }
        // What is paused or lies idle is nobody's share.
        view.shared = rows.count { !$0.isOut }
        let owned = rows.compactMap { row in
            row.owner.map { OwnedLease(worker: $0, partition: row.partition, epoch: row.epoch) }
        }
        return (view, owned)
    }

    /// Gives back what workers of the process own and do not know of, so that somebody reads it.
    ///
    /// Each under the epoch that was seen: one that its worker has acquired since has a higher one. Whoever takes it next ends
    /// the backend that is named.
    func giveUp(_ leases: [OwnedLease]) throws {
        try connection.execute(
            """
            UPDATE perch.leases l SET owner = NULL, expires_at = '-infinity'
            FROM (
                SELECT k.group_name, k.topic, k.partition FROM perch.leases k
                JOIN unnest(
                    \(leases.map(\.worker)), \(leases.map(\.partition.topic)),
                    \(leases.map(\.partition.number)), \(leases.map(\.epoch))
                ) AS u (owner, topic, partition, epoch) USING (owner, topic, partition, epoch)
                WHERE k.group_name = \(group) FOR UPDATE OF k SKIP LOCKED
            ) AS unknown
            WHERE (l.group_name, l.topic, l.partition) = (unknown.group_name, unknown.topic, unknown.partition)
            """
        )
    }

    /// The workers have ended.
    func leave(_ workers: [WorkerID]) throws {
        try connection.execute("DELETE FROM perch.workers WHERE worker = ANY (\(workers))")
    }
}
