public import Perch
import Postgres

extension SystemOperator {
    /// Takes the group's partitions from its workers and gives them to none until they are resumed. The events wait.
    ///
    /// When it returns nothing of the group takes effect in them any more: what a worker was just doing was committed
    /// before or is rolled back. It survives restarts. A second pause changes nothing.
    ///
    /// - Parameter topic: One topic; nil: all that the group reads.
    /// - Returns: How many partitions were paused now.
    /// - Throws: `OperationRefused`, `ServerProblem`.
    public func pause(_ group: GroupName, _ topic: TopicName? = nil) throws -> Int {
        let partitions = try partitions(of: group, in: topic)
        return try change(group, partitions, "pause", target: target(group, topic)) { tx, places in
            let paused = try tx.affectedRows(
                """
                -- The backend stays named: an owner that is frozen in a transaction keeps rows locked, and whoever takes the
                -- partition next ends it.
                UPDATE perch.leases l SET paused_at = clock_timestamp(), epoch = l.epoch + 1, owner = NULL,
                    expires_at = '-infinity'
                FROM unnest(\(places.topics), \(places.numbers)) AS p (topic, partition)
                WHERE l.group_name = \(group) AND l.topic = p.topic AND l.partition = p.partition
                    AND l.paused_at IS NULL
                """
            )
            try tx.raiseEpochs(places, in: group)
            return paused
        }
    }

    /// Lets the group's workers have their partitions again; they go on at the checkpoints.
    ///
    /// - Returns: How many partitions were paused until now.
    /// - Throws: `OperationRefused`, `ServerProblem`.
    public func resume(_ group: GroupName, _ topic: TopicName? = nil) throws -> Int {
        let partitions = try partitions(of: group, in: topic)
        return try change(group, partitions, "resume", target: target(group, topic)) { tx, places in
            try tx.affectedRows(
                """
                UPDATE perch.leases l SET paused_at = NULL
                FROM unnest(\(places.topics), \(places.numbers)) AS p (topic, partition)
                WHERE l.group_name = \(group) AND l.topic = p.topic AND l.partition = p.partition
                    AND l.paused_at IS NOT NULL
                """
            )
        }
    }

    /// How many of the partitions that `pause` and `resume` would look at are paused, and how many there are. It changes
    /// nothing.
    ///
    /// - Throws: `OperationRefused`, `ServerProblem`.
    public func paused(_ group: GroupName, _ topic: TopicName? = nil) throws -> (paused: Int, all: Int) {
        let partitions = try partitions(of: group, in: topic)
        return try links.withDatabase(of: group.rawValue) { connection in
            let places = PartitionLists(
                try RewindStore(connection: connection, group: group).partitions(of: partitions)
            )
            let paused = try connection.query(
                """
                SELECT count(*) AS n
                FROM unnest(\(places.topics), \(places.numbers)) AS p (topic, partition)
                JOIN perch.leases l ON l.group_name = \(group) AND l.topic = p.topic AND l.partition = p.partition
                WHERE l.paused_at IS NOT NULL
                """
            ) { try $0.decode("n", as: Int.self) }
            return (paused.first ?? 0, places.topics.count)
        }
    }

    private func target(_ group: GroupName, _ topic: TopicName?) -> String {
        topic.map { "\(group) \($0)" } ?? "\(group)"
    }

    private func change(
        _ group: GroupName,
        _ partitions: [Partition],
        _ action: String,
        target: String,
        _ body: (borrowing Transaction, PartitionLists) throws -> Int
    ) throws -> Int {
        try links.withDatabase(of: group.rawValue) { connection in
            try LeaseStore(connection: connection, group: group).declare(partitions)
            let found = try RewindStore(connection: connection, group: group).partitions(of: partitions)
            let places = PartitionLists(found)
            return try connection.transaction { tx in
                try tx.boundIdleTime()
                try tx.lock(places, in: group)
                let changed = try body(tx, places)
                guard changed > 0 else { return 0 }
                try OperatingStore(connection: connection)
                    .record(
                        action,
                        by: name,
                        of: group,
                        target: target,
                        details: #"{"partitions": \#(changed)}"#,
                        in: tx
                    )
                return changed
            }
        }
    }
}

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
}
