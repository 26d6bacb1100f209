import Perch
import Postgres

/// Partitions as two lists that SQL takes.
struct PartitionLists {
    let topics: [TopicName]
    let numbers: [PartitionNumber]

    init(_ partitions: [Partition]) {
        topics = partitions.map(\.topic)
        numbers = partitions.map(\.number)
    }
}

extension Transaction {
    /// Leases before checkpoints, as where they are acquired; each in order.
    func lock(_ places: PartitionLists, in group: GroupName) throws {
        for table: SQL in [
            """
            SELECT FROM perch.leases JOIN unnest(\(places.topics), \(places.numbers)) AS p (topic, partition)
            USING (topic, partition) WHERE group_name = \(group) ORDER BY topic, partition FOR UPDATE OF leases
            """,
            """
            SELECT FROM perch.checkpoints JOIN unnest(\(places.topics), \(places.numbers)) AS p (topic, partition)
            USING (topic, partition) WHERE group_name = \(group)
            ORDER BY topic, partition FOR UPDATE OF checkpoints
            """,
        ] {
            try execute(table)
        }
    }

    /// Checkpoints take over the epochs of their leases: whoever owned the partitions is refused at its next fence.
    func raiseEpochs(_ places: PartitionLists, in group: GroupName) throws {
        try execute(
            """
            UPDATE perch.checkpoints c SET epoch = l.epoch
            FROM perch.leases l JOIN unnest(\(places.topics), \(places.numbers)) AS p (topic, partition)
                USING (topic, partition)
            WHERE l.group_name = \(group) AND c.group_name = l.group_name AND c.topic = l.topic
                AND c.partition = l.partition AND c.epoch <> l.epoch
            """
        )
    }

    /// Whoever owns the partitions is refused with its next heartbeat.
    func raiseLeases(_ places: PartitionLists, in group: GroupName) throws {
        try execute(
            """
            UPDATE perch.leases l SET epoch = l.epoch + 1
            FROM unnest(\(places.topics), \(places.numbers)) AS p (topic, partition)
            WHERE l.group_name = \(group) AND l.topic = p.topic AND l.partition = p.partition
            """
        )
    }
}
