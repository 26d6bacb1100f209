import Postgres

/// What the heartbeat of a process asks for all its workers.
extension LeaseStore {
    /// Says that these workers live, and with them their leases; forgets workers long silent.
    ///
    /// - Parameter standing: The process's workers whose connections stand. The others die when their time is over: they would keep
    ///   a share of the partitions free and read nothing.
    /// - Returns: By what the leases have to be looked at again.
    func beat(_ standing: [WorkerID], host: String, pid: Int32, lease: Duration) throws -> LeaseBeat {
        let beats = try connection.query(
            """
            SELECT revision, living, is_settled, clock FROM perch.beat(
                \(group), \(standing.map(\.rawValue).sorted()), \(host), \(pid),
                \(lease.milliseconds) * interval '1 millisecond'
            )
            """
        ) { row in
            LeaseBeat(
                mark: LeaseMark(revision: try row.decode("revision"), living: try row.decode("living")),
                isSettled: try row.decode("is_settled"),
                clock: try row.decode("clock")
            )
        }
        guard let beat = beats.first else { throw SchemaProblem.missingValue("perch.beat") }
        return beat
    }

    /// Looks at the group's leases and workers, and ends the sessions of those whose time is over.
    ///
    /// - Parameter workers: All workers of the process.
    func look(_ workers: [WorkerID], lease: Duration) throws -> LeaseSight {
        let names = workers.map(\.rawValue)
        return try connection.transaction { tx in
            try tx.boundIdleTime(lease)
            // First the revision: what is newer than it is looked at again.
            let revision = try tx.query("SELECT revision FROM perch.lease_revisions WHERE group_name = \(group)") {
                try $0.decode("revision", as: Int64.self)
            }
            let lives = try lives(lease, in: tx)
            let living = lives.filter(\.isLiving)
            // A frozen owner may keep rows locked that every other worker waits for; then none of them is free to take its
            // lease and end its session. So its session ends here, as soon as the lease is over: once
            // a look, for who is dead in this one may stay so for all that follow.
            try tx.execute(
                """
                SELECT pg_terminate_backend(a.pid) FROM perch.leases l
                JOIN pg_stat_activity a ON a.pid = l.backend_pid AND a.backend_start = l.backend_start
                WHERE l.group_name = \(group) AND l.owner <> ALL (\(names)) AND \(raw: Self.isClaimable)
                """
            )
            let rows = try rows(in: tx)
            var view = LeaseView()
            for row in rows {
                view.epochs[row.partition] = row.epoch
                view.revisions[row.partition] = row.revision
            }
            // By the workers that the mark is made of, and not by what the time was when the row was read.
            let alive = Set(living.map(\.worker))
            let former = Set(lives.filter(\.isFormer).map(\.worker))
            var claimable: [TopicName: Int] = [:]
            // What is paused or lies idle is nobody's share.
            for row in rows where !row.isOut {
                let topic = row.partition.topic
                view.shared[topic, default: 0] += 1
                let isHeld = row.owner.map { former.contains($0) ? !row.isOver : alive.contains($0) } ?? false
                if !isHeld {
                    claimable[topic, default: 0] += 1
                    view.free.insert(row.partition)
                }
            }
            view.workers = living.count
            view.claimable = .byTopic(claimable)
            let own = Set(workers)
            let owned = rows.compactMap { row in
                row.owner.flatMap {
                    own.contains($0) ? OwnedLease(worker: $0, partition: row.partition, epoch: row.epoch) : nil
                }
            }
            return LeaseSight(
                view: view,
                live: living.map(\.worker),
                owned: owned,
                mark: LeaseMark(revision: revision.first ?? 0, living: living.reduce(0) { $0 ^ $1.number }),
                isSettled: !rows.contains(where: \.isSettling)
            )
        }
    }

    /// A worker of the group.
    private struct Life {
        let worker: WorkerID
        let isLiving: Bool
        /// Of the release before: its leases have times of their own.
        let isFormer: Bool
        /// As `perch.beat` counts it.
        let number: Int64
    }

    private func lives(_ lease: Duration, in tx: borrowing Transaction) throws -> [Life] {
        try tx.query(
            """
            SELECT worker, hashtextextended(worker, 0) AS number, expires_at IS NULL AS is_former, coalesce(
                expires_at, heartbeat_at + \(lease.milliseconds) * interval '1 millisecond'
            ) >= clock_timestamp() AS is_living
            FROM perch.workers WHERE group_name = \(group)
            """
        ) { row in
            Life(
                worker: try row.decode("worker"),
                isLiving: try row.decode("is_living"),
                isFormer: try row.decode("is_former"),
                number: try row.decode("number")
            )
        }
    }

    private struct LeaseRow {
        let partition: Partition
        let epoch: Epoch
        let owner: WorkerID?
        /// The lease's own time is over.
        let isOver: Bool
        /// It is paused or lies idle.
        let isOut: Bool
        /// It lies idle until checkpoints have moved that no revision tells of.
        let isSettling: Bool
        let revision: Int64
    }

    private func rows(in tx: borrowing Transaction) throws -> [LeaseRow] {
        try tx.query(
            """
            SELECT l.topic, l.partition, l.epoch, l.owner, l.expires_at < clock_timestamp() AS is_over,
                l.paused_at IS NOT NULL OR i.topic IS NOT NULL AS is_out, coalesce(r.revision, 0) AS revision,
                i.topic IS NOT NULL AND l.partition < (
                    SELECT y.next_partitions FROM perch.layouts y WHERE y.topic = l.topic
                    ORDER BY y.generation DESC LIMIT 1
                ) AS is_settling
            FROM perch.leases l
            LEFT JOIN perch.failure_revisions r USING (group_name, topic, partition)
            -- Once a statement: it asks much where a topic has had other partitions.
            LEFT JOIN perch.idle_partitions(\(group)) i ON i.topic = l.topic AND i.partition = l.partition
            WHERE l.group_name = \(group)
            """
        ) { row in
            LeaseRow(
                partition: try row.partition(),
                epoch: try row.decode("epoch"),
                owner: try row.decodeIfPresent("owner", as: String.self).map(WorkerID.init(rawValue:)),
                isOver: try row.decode("is_over"),
                isOut: try row.decode("is_out"),
                isSettling: try row.decode("is_settling"),
                revision: try row.decode("revision")
            )
        }
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
