public import Postgres

extension Contract {
    /// Declares the topics of a service in its database: rows in `perch.topics` and `perch.partitions`, from which
    /// publishers find the partition of a key and relays what to serve. `ServiceDatabase.prepare` does it too.
    ///
    /// - Throws: `PartitionsChanged` where the database has another number of partitions: that is changed by
    ///   `PartitionChanges.repartition`, or keys would move between streams and lose their order. `PostgresError`.
    public func declareTopics(ownedBy owner: String, on connection: PostgresConnection) throws {
        try connection.transaction { tx in
            for topic in topics(ownedBy: owner) {
                do {
                    for statement in topic.declaration { try tx.execute(SQL(text: statement)) }
                    try tx.flush()
                } catch let error as PostgresError where error.sqlState == .partitionsChanged {
                    throw PartitionsChanged(
                        topic: topic.name,
                        inDatabase: error.detail.flatMap { Int($0) } ?? 0,
                        inContract: topic.partitions
                    )
                }
            }
        }
    }

    func topics(ownedBy owner: String) -> [TopicContract] { topics.filter { $0.owner == owner } }
}

extension TopicContract {
    /// The statements that declare it in its owner's database. Again they change nothing.
    var declaration: [String] {
        let name = SQLText.literal(name.rawValue)
        let age = archive.age.map { "make_interval(secs => \($0 / .seconds(1)))" } ?? "NULL::interval"
        return [
            """
            INSERT INTO perch.topics (topic, partitions, source)
            VALUES (\(name), \(partitions), \(SQLText.literal(owner))) ON CONFLICT DO NOTHING;
            """,
            // Only where it is another one: publishers under REPEATABLE READ that have seen this row begin again.
            """
            UPDATE perch.topics SET archive = \(age) WHERE topic = \(name) AND archive IS DISTINCT FROM \(age);
            """,
            """
            DO $perch$
            DECLARE
                declared int := (SELECT t.partitions FROM perch.topics t WHERE t.topic = \(name));
            BEGIN
                IF declared IS DISTINCT FROM \(partitions) THEN
                    RAISE EXCEPTION 'topic % has % partitions in the database and \(partitions) in the contract', \(name), declared
                        USING ERRCODE = '\(SQLState.partitionsChanged.rawValue)', DETAIL = declared::text;
                END IF;
            END $perch$;
            """,
            """
            INSERT INTO perch.partitions (topic, partition)
            SELECT \(name), generate_series(0, \(partitions) - 1) ON CONFLICT DO NOTHING;
            """,
        ]
    }
}

extension SQLState {
    /// Raised where a topic is declared with another number of partitions than the database has.
    static let partitionsChanged = SQLState(rawValue: "PF005")
}
