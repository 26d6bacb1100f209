import Perch
import PerchProtocol
import Postgres

/// What was refused before the streams, and checkpoints that are no place in them.
extension LinkedDiagnosis {
    /// Of a service that owns topics. Where its database lacks the table, its migrations are told of elsewhere.
    func diagnoseRefused(of service: String) throws -> [Diagnosis] {
        var problems: [ServerProblem] = []
        return try links.ask(&problems) {
            try links.withDatabase(of: service) { try refused(of: service, on: $0) + stranded(of: service, on: $0) }
        } ?? []
    }

    private func refused(of service: String, on connection: PostgresConnection) throws -> [Diagnosis] {
        let rows = try connection.query(
            """
            SELECT topic, count(*) AS n, (array_agg(reason ORDER BY id DESC))[1] AS reason
            FROM (SELECT topic, id, reason FROM perch.refused_events ORDER BY id DESC LIMIT 10000) AS r
            GROUP BY topic ORDER BY topic
            """
        ) { row in
            (
                try row.decode("topic", as: String.self), try row.decode("n", as: Int.self),
                try row.decode("reason", as: String.self)
            )
        }
        return rows.map { topic, count, reason in
            .problem(
                .eventsRefused(service: service, topic: TopicName(rawValue: topic), count: count, reason: reason)
            )
        }
    }

    /// What waits in partitions that are not there and is not to be looked at: no relay takes it, and none refuses it. From
    /// one partition that has rows to the next, however many rows there are; counted up to a bound.
    private func stranded(of service: String, on connection: PostgresConnection) throws -> [Diagnosis] {
        try connection.query(
            """
            WITH RECURSIVE places AS (
                (SELECT o.topic, o.partition FROM perch.outbox o ORDER BY o.topic, o.partition LIMIT 1)
                UNION ALL
                SELECT n.topic, n.partition FROM places p CROSS JOIN LATERAL (
                    SELECT o.topic, o.partition FROM perch.outbox o WHERE (o.topic, o.partition) > (p.topic, p.partition)
                    ORDER BY o.topic, o.partition LIMIT 1
                ) AS n
            )
            SELECT p.topic, p.partition, c.n FROM places p CROSS JOIN LATERAL (
                SELECT count(*) AS n FROM (
                    SELECT FROM perch.outbox o WHERE o.topic = p.topic AND o.partition = p.partition AND o.is_checked
                    LIMIT 10000
                ) AS counted
            ) AS c
            WHERE c.n > 0 AND NOT EXISTS (
                SELECT FROM perch.partitions d WHERE d.topic = p.topic AND d.partition = p.partition
            )
            ORDER BY p.topic, p.partition
            """
        ) { row in
            let partition = try row.partition()
            let waiting = try row.decode("n", as: Int.self)
            return .problem(.outboxStranded(service: service, partition: partition, waiting: waiting))
        }
    }

    /// A checkpoint is an entry of the log, or nothing comes of it: the group waits behind an entry that was taken away. The log
    /// may have dropped old ones; those say nothing.
    func diagnoseCheckpoints(_ status: GroupStatus) throws -> [Diagnosis] {
        var findings: [Diagnosis] = []
        let owners = Dictionary(contract.topics.map { ($0.name, $0.owner) }) { $1 }
        let places = status.partitions.compactMap { partition in
            partition.checkpoint.map { (partition: partition.partition, checkpoint: $0) }
        }
        let byOwner = Dictionary(grouping: places) { owners[$0.partition.topic] ?? "" }
        for (owner, places) in byOwner.sorted(by: { $0.key < $1.key }) where !owner.isEmpty {
            var problems: [ServerProblem] = []
            let asked = places.map { (partition: $0.partition, position: $0.checkpoint.position) }
            let found = try links.ask(&problems) {
                try links.withDatabase(of: owner) { try self.entries(at: asked, on: $0) }
            }
            for place in places {
                guard let entry = found?[place.partition], entry != place.checkpoint else { continue }
                findings.append(
                    .problem(
                        .checkpointNotInLog(
                            group: status.group,
                            partition: place.partition,
                            checkpoint: place.checkpoint,
                            entry: entry
                        )
                    )
                )
            }
        }
        return findings
    }

    /// What the log has at these positions.
    private func entries(
        at places: [(partition: Partition, position: Position)],
        on connection: PostgresConnection
    ) throws -> [Partition: EntryID] {
        let rows = try connection.query(
            """
            SELECT l.topic, l.partition, l.milliseconds, l.position
            FROM unnest(
                \(places.map(\.partition.topic)), \(places.map(\.partition.number)),
                \(places.map(\.position))
            ) AS p (topic, partition, position)
            JOIN perch.log l ON l.topic = p.topic AND l.partition = p.partition AND l.position = p.position
            """
        ) { row in
            (
                try row.partition(),
                EntryID(milliseconds: try row.decode("milliseconds"), position: try row.decode("position"))
            )
        }
        return Dictionary(rows) { $1 }
    }
}
