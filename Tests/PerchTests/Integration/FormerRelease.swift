import Postgres

@testable import Perch

/// A worker of the release before groups: its statements as it sends them, on two connections as it has them.
struct FormerWorker {
    let name: String
    let heartbeat: PostgresConnection
    let connection: PostgresConnection

    init(_ name: String, _ configuration: PostgresConfiguration) throws {
        self.name = name
        heartbeat = try PostgresConnection(configuration)
        connection = try PostgresConnection(configuration)
    }

    /// The migrations as that release has them.
    static var migrations: [Migration] { Array(Migration.perch.prefix { $0.name != "groups" }) }

    func declare(_ group: String, _ topic: String, partitions: Int) throws {
        let topics = Array(repeating: topic, count: partitions)
        let numbers = (0..<partitions).map { Int32($0) }
        try heartbeat.transaction { tx in
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
        try heartbeat.execute(
            """
            INSERT INTO perch.subscriptions AS s (topic, group_name, is_idempotent, has_reset)
            SELECT topic, \(group), is_idempotent, \(false)
            FROM unnest(\([topic]), \([true])) AS d (topic, is_idempotent)
            ON CONFLICT (topic) DO UPDATE
            SET group_name = excluded.group_name, is_idempotent = excluded.is_idempotent,
                has_reset = excluded.has_reset, declared_at = clock_timestamp()
            WHERE (s.group_name, s.is_idempotent, s.has_reset)
                IS DISTINCT FROM (excluded.group_name, excluded.is_idempotent, excluded.has_reset)
            """
        )
    }

    /// - Returns: The live workers that it counts, and how many leases it could claim.
    @discardableResult
    func beat(holding: [(topic: String, partition: Int32, epoch: Int64)] = [], lease: Int64) throws -> (
        live: Int, claimable: Int
    ) {
        let names = [name]
        return try heartbeat.transaction { tx in
            try tx.execute(
                """
                INSERT INTO perch.workers AS w (worker, host, pid) SELECT unnest(\(names)), \("there"), \(Int32(1))
                ON CONFLICT (worker) DO UPDATE SET heartbeat_at = clock_timestamp()
                """
            )
            try tx.execute(
                """
                UPDATE perch.leases l SET expires_at = clock_timestamp() + \(lease) * interval '1 millisecond'
                FROM (
                    SELECT k.topic, k.partition FROM perch.leases k
                    JOIN unnest(
                        \(holding.map(\.topic)), \(holding.map(\.partition)), \(holding.map(\.epoch))
                    ) AS h (topic, partition, epoch) USING (topic, partition, epoch)
                    WHERE k.owner = ANY (\(names)) FOR UPDATE OF k SKIP LOCKED
                ) AS own
                WHERE l.topic = own.topic AND l.partition = own.partition
                """
            )
            try tx.execute(
                """
                DELETE FROM perch.workers
                WHERE heartbeat_at < clock_timestamp() - 10 * \(lease) * interval '1 millisecond'
                """
            )
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
                WHERE heartbeat_at > clock_timestamp() - \(lease) * interval '1 millisecond'
                """
            ) { try $0.decode("worker", as: String.self) }
            let claimable = try tx.query(
                """
                SELECT l.topic, l.partition, l.epoch, l.owner IS NULL OR l.expires_at < clock_timestamp() AS claimable,
                    l.paused_at IS NOT NULL OR perch.lies_idle(l.topic, l.partition) AS is_out,
                    coalesce(r.revision, 0) AS revision
                FROM perch.leases l LEFT JOIN perch.failure_revisions r USING (topic, partition)
                """
            ) { try $0.decode("claimable", as: Bool.self) }
            return (live.count, claimable.count { $0 })
        }
    }

    /// - Returns: What it has taken, with its epoch.
    func acquire(limit: Int, lease: Int64) throws -> [(topic: String, partition: Int32, epoch: Int64)] {
        try connection.transaction { tx in
            let candidates = try tx.query(
                """
                SELECT l.topic, l.partition, l.owner = \(name) AS is_own, l.backend_pid, l.backend_start,
                    l.owner IS NOT NULL AS was_owned
                FROM perch.leases l
                WHERE (l.owner IS NULL OR l.expires_at < clock_timestamp() OR l.owner = \(name))
                    AND l.paused_at IS NULL AND NOT perch.lies_idle(l.topic, l.partition)
                    AND (l.topic || ':' || l.partition) <> ALL (\([String]()))
                ORDER BY l.owner = \(name) DESC NULLS LAST, random()
                LIMIT \(limit) + (SELECT count(*) FROM perch.leases o WHERE o.owner = \(name))
                FOR UPDATE SKIP LOCKED
                """
            ) { (try $0.decode("topic", as: String.self), try $0.decode("partition", as: Int32.self)) }
            return try candidates.map { topic, partition in
                let epochs = try tx.query(
                    """
                    UPDATE perch.leases
                    SET owner = \(name), epoch = epoch + 1, backend_pid = pg_backend_pid(),
                        backend_start = (SELECT a.backend_start FROM pg_stat_activity a WHERE a.pid = pg_backend_pid()),
                        expires_at = clock_timestamp() + \(lease) * interval '1 millisecond'
                    WHERE topic = \(topic) AND partition = \(partition) AND NOT perch.lies_idle(topic, partition)
                    RETURNING epoch
                    """
                ) { try $0.decode("epoch", as: Int64.self) }
                try tx.execute(
                    """
                    UPDATE perch.checkpoints SET epoch = \(epochs[0])
                    WHERE topic = \(topic) AND partition = \(partition)
                    """
                )
                return (topic, partition, epochs[0])
            }
        }
    }

    /// A round without handlers: it parks one event, and moves the checkpoint on behind it.
    func park(_ lease: (topic: String, partition: Int32, epoch: Int64), at position: Int64) throws {
        try connection.transaction { tx in
            try tx.execute(
                """
                INSERT INTO perch.failed_events
                    (topic, partition, position, entry_id, event_id, type, version, subject, time, payload, source, traceparent,
                    state, error, attempts, waits, next_attempt_at, last_attempt_at)
                VALUES (\(lease.topic), \(lease.partition), \(position), '1-1', gen_random_uuid(), 'order_counted', 1, 'x',
                    clock_timestamp(), '', 'shop', NULL, 'dead', 'x', 1, 0, NULL, clock_timestamp())
                ON CONFLICT (topic, partition, position) DO NOTHING
                """
            )
            try tx.execute(
                """
                SELECT perch.advance_checkpoint(\(lease.topic), \(lease.partition), \(lease.epoch), \(position - 1),
                    \(position), \("1-\(position)"))
                """
            )
        }
    }

    func confirm(_ lease: (topic: String, partition: Int32, epoch: Int64)) throws {
        try connection.execute(
            "SELECT perch.confirm_epoch(\(lease.topic), \(lease.partition), \(lease.epoch))"
        )
    }

    /// What its operators' tools do last in every change.
    func record() throws {
        try connection.execute(
            """
            INSERT INTO perch.operations (operator, action, target, details)
            VALUES (\("ann"), \("replay"), \("shipping orders"), \(JSONB(text: "{}")))
            """
        )
    }

    /// After its last round.
    func leave() throws {
        try connection.execute(
            """
            UPDATE perch.leases SET owner = NULL, backend_pid = NULL, backend_start = NULL, expires_at = '-infinity'
            WHERE owner = \(name)
            """
        )
        try heartbeat.execute("DELETE FROM perch.workers WHERE worker = ANY (\([name]))")
    }
}
