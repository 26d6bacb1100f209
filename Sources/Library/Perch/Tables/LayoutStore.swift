package import Postgres

/// A layout that a topic had before its present one, and where it ended.
package struct TopicLayout: Hashable, Sendable {
    package let topic: TopicName
    /// Counts from 1.
    package let generation: Int
    /// How many partitions it had.
    package let partitions: Int
    /// How many the layout that followed it has.
    package let nextPartitions: Int
    /// Its last position in each partition, by number.
    package let ends: [Position]
    package let endedAt: Timestamp

    package init(
        topic: TopicName,
        generation: Int,
        partitions: Int,
        nextPartitions: Int,
        ends: [Position],
        endedAt: Timestamp
    ) {
        self.topic = topic
        self.generation = generation
        self.partitions = partitions
        self.nextPartitions = nextPartitions
        self.ends = ends
        self.endedAt = endedAt
    }

    /// Whether a key that moved went to a partition that had no keys before. Then its order is kept in a replay too, by reading
    /// the old partition first; else old and new events of different keys are mixed within one partition.
    package var keepsOrderInReplay: Bool { nextPartitions % partitions == 0 || ends.allSatisfy { $0 == 0 } }

    /// Whether who reads on after these positions reads events of this layout again.
    package func isReached(from positions: [PartitionNumber: Position]) -> Bool {
        positions.contains { number, position in
            ends.indices.contains(number.rawValue) && position < ends[number.rawValue]
        }
    }
}

/// The layouts in a database: all of a topic in its owner's, copies in the groups'.
package struct LayoutStore {
    package static func layouts(of topics: [TopicName], on connection: PostgresConnection) throws -> [TopicLayout] {
        try connection.query(select(topics), decode)
    }

    package static func layouts(of topics: [TopicName], in tx: borrowing Transaction) throws -> [TopicLayout] {
        try tx.query(select(topics), decode)
    }

    package static func insert(_ layout: TopicLayout, in tx: borrowing Transaction) throws -> Bool {
        try tx.affectedRows(
            """
            INSERT INTO perch.layouts (topic, generation, partitions, next_partitions, ends, ended_at)
            VALUES (\(layout.topic), \(Int32(clamping: layout.generation)), \(Int32(clamping: layout.partitions)),
                \(Int32(clamping: layout.nextPartitions)), \(layout.ends), \(layout.endedAt))
            ON CONFLICT DO NOTHING
            """
        ) == 1
    }

    private static func select(_ topics: [TopicName]) -> SQL {
        """
        SELECT topic, generation, partitions, next_partitions, ends, ended_at FROM perch.layouts
        WHERE topic = ANY (\(topics)) ORDER BY topic, generation
        """
    }

    private static func decode(_ row: borrowing Row) throws -> TopicLayout {
        TopicLayout(
            topic: try row.decode("topic"),
            generation: Int(try row.decode("generation", as: Int32.self)),
            partitions: Int(try row.decode("partitions", as: Int32.self)),
            nextPartitions: Int(try row.decode("next_partitions", as: Int32.self)),
            ends: try row.decode("ends", as: [Int64].self),
            endedAt: try row.decode("ended_at")
        )
    }
}

extension Transaction {
    /// Takes from their owners what lies idle of a topic: they are refused at their next fence. The leases are locked.
    package func fenceIdle(_ topics: [TopicName], in group: GroupName) throws {
        try execute(
            """
            WITH idle AS (
                -- The backend stays named: whoever takes the partition next ends it.
                UPDATE perch.leases l SET epoch = l.epoch + 1, owner = NULL, expires_at = '-infinity'
                WHERE l.group_name = \(group) AND l.topic = ANY (\(topics))
                    AND (l.topic, l.partition) IN (
                        SELECT y.topic, y.partition FROM perch.idle_partitions(\(group)) y
                    )
                RETURNING l.topic, l.partition, l.epoch
            )
            UPDATE perch.checkpoints c SET epoch = i.epoch FROM idle i
            WHERE c.group_name = \(group) AND c.topic = i.topic AND c.partition = i.partition
            """
        )
    }

    /// Leases before checkpoints, as where they are acquired; each in order.
    package func lockAll(of topics: [TopicName], in group: GroupName) throws {
        try execute(
            """
            SELECT FROM perch.leases WHERE group_name = \(group) AND topic = ANY (\(topics))
            ORDER BY topic, partition FOR UPDATE
            """
        )
        try execute(
            """
            SELECT FROM perch.checkpoints WHERE group_name = \(group) AND topic = ANY (\(topics))
            ORDER BY topic, partition FOR UPDATE
            """
        )
    }
}
