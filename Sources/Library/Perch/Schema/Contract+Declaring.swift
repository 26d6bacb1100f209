public import Postgres

extension Contract {
    /// Declares the topics of a service in its database: rows in `perch.topics` and `perch.partitions`, from which
    /// publishers find the partition of a key and relays what to serve. Run it with the service's migrations.
    ///
    /// - Throws: `PartitionsChanged` where the database has another number of partitions: that is changed by
    ///   `PartitionChanges.repartition`, or keys would move between streams and lose their order. `PostgresError`.
    public func declareTopics(ownedBy owner: String, on connection: PostgresConnection) throws {
        try connection.transaction { tx in
            for topic in topics where topic.owner == owner {
                let name = topic.name.rawValue
                try tx.execute(
                    """
                    INSERT INTO perch.topics (topic, partitions, source)
                    VALUES (\(name), \(Int32(clamping: topic.partitions)), \(topic.owner))
                    ON CONFLICT DO NOTHING
                    """
                )
                // Only where it is another one: publishers under REPEATABLE READ that have seen this row begin again.
                let archive = topic.archive.age.map { $0 / .seconds(1) }
                try tx.execute(
                    """
                    UPDATE perch.topics SET archive = make_interval(secs => \(archive))
                    WHERE topic = \(name) AND archive IS DISTINCT FROM make_interval(secs => \(archive))
                    """
                )
                let declared = try tx.query("SELECT partitions FROM perch.topics WHERE topic = \(name)") {
                    try $0.decode("partitions", as: Int.self)
                }
                guard declared == [topic.partitions] else {
                    throw PartitionsChanged(
                        topic: topic.name,
                        inDatabase: declared.first ?? 0,
                        inContract: topic.partitions
                    )
                }
                try tx.execute(
                    """
                    INSERT INTO perch.partitions (topic, partition)
                    SELECT \(name), generate_series(0, \(Int32(clamping: topic.partitions - 1)))
                    ON CONFLICT DO NOTHING
                    """
                )
            }
        }
    }
}
