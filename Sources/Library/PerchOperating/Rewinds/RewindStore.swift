import Perch
import Postgres

/// The statements of a rewind.
struct RewindStore {
    let connection: PostgresConnection
    let group: GroupName

    /// Workers beat far more often than this.
    private static let silence = 10_000

    func declare(_ partitions: [Partition]) throws {
        try LeaseStore(connection: connection, group: group).declare(partitions)
    }

    /// These, and what else their topics have here: the contract may be older than the last change of their number.
    func partitions(of contract: [Partition]) throws -> [Partition] {
        let topics = Set(contract.map(\.topic)).map(\.rawValue)
        let leased = try connection.query(
            """
            SELECT topic, partition, 0::bigint AS position FROM perch.leases
            WHERE group_name = \(group) AND topic = ANY (\(topics))
            """,
            decodePosition
        )
        return Set(contract + leased.map(\.0)).sorted()
    }

    /// The reset, and all checkpoints to the beginning under new epochs: all or nothing.
    ///
    /// The reset comes first, for it locks what handlers lock: they move a checkpoint last. Leases come before checkpoints, as
    /// where they are acquired.
    /// What has keys that came from another partition is free to be taken again when that one was read.
    /// - Parameter body: Gets the checkpoints as they were. It runs when nobody of the group can commit any more, before this
    ///   commits.
    func rewind<R>(
        _ partitions: [Partition],
        by: String,
        reset: (borrowing Transaction) throws -> Void,
        _ body: ([Partition: Position]) throws -> R
    ) throws -> R {
        let topics = partitions.map(\.topic)
        let numbers = partitions.map(\.number)
        return try connection.transaction { tx in
            try tx.boundIdleTime()
            try reset(tx)
            let changed = Array(Set(partitions.map(\.topic)))
            try tx.execute(
                """
                SELECT FROM perch.leases JOIN unnest(\(topics), \(numbers)) AS p (topic, partition) USING (topic, partition)
                WHERE group_name = \(group)
                ORDER BY topic, partition FOR UPDATE OF leases
                """
            )
            let before = try tx.query(
                """
                SELECT topic, partition, position FROM perch.checkpoints
                JOIN unnest(\(topics), \(numbers)) AS p (topic, partition) USING (topic, partition)
                WHERE group_name = \(group)
                ORDER BY topic, partition FOR UPDATE OF checkpoints
                """,
                decodePosition
            )
            try tx.execute(
                """
                UPDATE perch.leases l SET epoch = l.epoch + 1
                FROM unnest(\(topics), \(numbers)) AS p (topic, partition)
                WHERE l.group_name = \(group) AND l.topic = p.topic AND l.partition = p.partition
                """
            )
            try tx.execute(
                """
                UPDATE perch.checkpoints c SET epoch = l.epoch, position = 0, entry_id = \(EntryID.zero),
                    attempted_from = 0, attempted_to = 0, attempts = 0
                FROM perch.leases l JOIN unnest(\(topics), \(numbers)) AS p (topic, partition) USING (topic, partition)
                WHERE l.group_name = \(group) AND c.group_name = l.group_name AND c.topic = l.topic
                    AND c.partition = l.partition
                """
            )
            // The leases are locked: no layout is added any more.
            if let mixed = try LayoutStore.layouts(of: changed, in: tx).first(where: { !$0.keepsOrderInReplay }) {
                throw ReachesBeforeChange(mixed, group: group)
            }
            // They come again, each in its place.
            try tx.execute(
                """
                DELETE FROM perch.failed_events f USING unnest(\(topics), \(numbers)) AS p (topic, partition)
                WHERE f.group_name = \(group) AND f.topic = p.topic AND f.partition = p.partition
                """
            )
            try tx.fenceIdle(changed, in: group)
            // What operators have given up is handled again.
            try tx.execute(
                """
                INSERT INTO perch.operations (operator, action, group_name, target, details)
                VALUES (\(by), 'rewind', \(group), \(group), jsonb_build_object('topics', to_jsonb(\(Array(Set(topics)).sorted()))))
                """
            )
            try tx.flush()
            return try body(Dictionary(uniqueKeysWithValues: before))
        }
    }

    func progress(of partitions: [Partition]) throws -> (positions: [Partition: Position], workers: Int) {
        let positions = try connection.query(
            """
            SELECT topic, partition, position FROM perch.checkpoints
            JOIN unnest(
                \(partitions.map(\.topic)), \(partitions.map(\.number))
            ) AS p (topic, partition) USING (topic, partition)
            WHERE group_name = \(group)
            """,
            decodePosition
        )
        let workers = try connection.query(
            """
            SELECT count(*) AS live FROM perch.workers
            WHERE group_name = \(group)
                AND heartbeat_at > clock_timestamp() - \(Int64(Self.silence)) * interval '1 millisecond'
            """
        ) { try $0.decode("live", as: Int.self) }
        return (Dictionary(uniqueKeysWithValues: positions), workers.first ?? 0)
    }

    private func decodePosition(_ row: borrowing Row) throws -> (Partition, Position) {
        let number = try row.decode("partition", as: PartitionNumber.self)
        return (Partition(try row.decode("topic"), number), try row.decode("position"))
    }
}
