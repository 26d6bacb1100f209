import FoundationEssentials
import Perch
import PerchProtocol
import Postgres

/// The statements of a change of partitions in the database of the topic's owner.
struct RepartitionStore {
    let connection: PostgresConnection
    /// What its changes are a part of, for their records.
    var operation: UUID?

    struct Standing: Hashable {
        let partitions: Int
        let heldSince: Timestamp?
        /// The last position of each partition that there ever was, by number.
        let ends: [Position]
    }

    func standing(of topic: TopicName) throws -> Standing? {
        try connection.query(
            """
            SELECT t.partitions, t.held_at, coalesce(array_agg(p.last_position ORDER BY p.partition), '{}') AS ends
            FROM perch.topics t LEFT JOIN perch.partitions p USING (topic)
            WHERE t.topic = \(topic) GROUP BY t.topic
            """
        ) { row in
            Standing(
                partitions: Int(try row.decode("partitions", as: Int32.self)),
                heldSince: try row.decodeIfPresent("held_at"),
                ends: try row.decode("ends", as: [Int64].self)
            )
        }.first
    }

    /// From when it is committed, whoever begins to give positions passes over the topic.
    ///
    /// - Throws: `PostgresError` with `.lockNotAvailable` where a publisher that keeps one snapshot does not end.
    func hold(_ topic: TopicName, by name: String) throws {
        try connection.transaction { tx in
            try tx.boundIdleTime()
            let held = try tx.affectedRows(
                """
                UPDATE perch.topics SET held_at = clock_timestamp()
                WHERE topic = \(topic) AND held_at IS NULL
                """
            )
            if held > 0 { try record("hold", by: name, topic, [String: Int](), in: tx) }
        }
    }

    /// - Parameter partitions: The number that it must have, or it stays held.
    /// - Returns: Whether it has that number.
    func letGo(_ topic: TopicName, having partitions: Int, by name: String) throws -> Bool {
        try connection.transaction { tx in
            try tx.boundIdleTime()
            let found = try tx.query(
                """
                SELECT held_at IS NOT NULL AS is_held FROM perch.topics
                WHERE topic = \(topic) AND partitions = \(Int32(clamping: partitions)) FOR NO KEY UPDATE
                """
            ) { try $0.decode("is_held", as: Bool.self) }
            guard let isHeld = found.first else { return false }
            guard isHeld else { return true }
            try tx.execute("UPDATE perch.topics SET held_at = NULL WHERE topic = \(topic)")
            try record("let go", by: name, topic, [String: Int](), in: tx)
            return true
        }
    }

    enum Outcome {
        case switched
        /// Positions were given since, or somebody else has changed the topic: look again.
        case moved
        /// A lock was not had in time.
        case busy(String?)
    }

    /// Sets the number and places anew what waits, if the topic is as it was seen.
    ///
    /// Whoever gives positions locks a partition's row before the outbox, so this does too: behind those locks the last
    /// positions are final. Then it waits for transactions that have published; later ones wait for it, and their statements
    /// see the new number, for a statement takes its snapshot when it has its locks.
    func switchOver(
        _ topic: TopicName,
        to partitions: Int,
        seen: Standing,
        patience: Duration,
        by name: String
    ) throws -> Outcome {
        do {
            return try connection.transaction { tx in
                try tx.boundIdleTime()
                try tx.execute("SELECT set_config('lock_timeout', \("\(patience.milliseconds)ms"), true)")
                let ends = try tx.query(
                    """
                    SELECT last_position FROM perch.partitions WHERE topic = \(topic)
                    ORDER BY partition FOR UPDATE
                    """
                ) { try $0.decode("last_position", as: Int64.self) }
                let found = try tx.query(
                    """
                    SELECT t.partitions, t.held_at IS NOT NULL AS is_held, (
                        SELECT coalesce(max(l.generation), 0) FROM perch.layouts l WHERE l.topic = t.topic
                    ) AS generation, clock_timestamp() AS now
                    FROM perch.topics t WHERE t.topic = \(topic)
                    """
                ) { row in
                    (
                        Int(try row.decode("partitions", as: Int32.self)), try row.decode("is_held", as: Bool.self),
                        Int(try row.decode("generation", as: Int32.self)), try row.decode("now", as: Timestamp.self)
                    )
                }
                guard let (before, isHeld, generation, now) = found.first, isHeld, before == seen.partitions,
                    ends == seen.ends
                else { return .moved }
                try tx.execute("LOCK TABLE perch.outbox IN SHARE ROW EXCLUSIVE MODE")
                try tx.execute(
                    "UPDATE perch.topics SET partitions = \(Int32(clamping: partitions)) WHERE topic = \(topic)"
                )
                try tx.execute(
                    """
                    INSERT INTO perch.partitions (topic, partition)
                    SELECT \(topic), generate_series(0, \(Int32(clamping: partitions - 1))) ON CONFLICT DO NOTHING
                    """
                )
                let placed = try place(topic, partitions, in: tx)
                let layout = TopicLayout(
                    topic: topic,
                    generation: generation + 1,
                    partitions: before,
                    nextPartitions: partitions,
                    ends: ends,
                    endedAt: now
                )
                _ = try LayoutStore.insert(layout, in: tx)
                let details = Record(before: before, after: partitions, ends: ends, placedAnew: placed)
                try record("partitions", by: name, topic, details, in: tx)
                return .switched
            }
        } catch let error as PostgresError
            where error.sqlState == .lockNotAvailable || error.sqlState == .deadlockDetected
        {
            return .busy(try oldestPublisher())
        }
    }

    /// Rows keep their sequence, so a key's rows keep their order.
    private func place(_ topic: TopicName, _ partitions: Int, in tx: borrowing Transaction) throws -> Int {
        let keys = try tx.query("SELECT DISTINCT key FROM perch.outbox WHERE topic = \(topic)") {
            try $0.decode("key", as: String.self)
        }
        let numbers = keys.map { PartitionNumber(key: $0, of: partitions) }
        return try tx.affectedRows(
            """
            UPDATE perch.outbox o SET partition = k.partition FROM unnest(\(keys), \(numbers)) AS k (key, partition)
            WHERE o.topic = \(topic) AND o.key = k.key AND o.partition <> k.partition
            """
        )
    }

    /// The transaction that has had the outbox for the longest time.
    private func oldestPublisher() throws -> String? {
        try connection.query(
            """
            SELECT 'backend ' || a.pid
                || coalesce(', in a transaction for ' || round(extract(epoch FROM clock_timestamp() - a.xact_start)) || ' s', '')
                AS who
            FROM pg_locks l JOIN pg_stat_activity a USING (pid)
            WHERE l.relation = 'perch.outbox'::regclass AND l.granted AND l.mode = 'RowExclusiveLock'
                AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                AND l.pid <> pg_backend_pid()
            ORDER BY a.xact_start LIMIT 1
            """
        ) { try $0.decode("who", as: String.self) }.first
    }

    private func record(
        _ action: String,
        by name: String,
        _ topic: TopicName,
        _ details: some Encodable,
        in tx: borrowing Transaction
    ) throws {
        try OperatingStore(connection: connection)
            .record(
                action,
                by: name,
                of: nil,
                target: topic.rawValue,
                details: details,
                operation: operation,
                in: tx
            )
    }

    private struct Record: Encodable {
        let before, after: Int
        let ends: [Position]
        let placedAnew: Int

        enum CodingKeys: String, CodingKey {
            case before, after, ends
            case placedAnew = "placed_anew"
        }
    }
}
