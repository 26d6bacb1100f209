import PerchProtocol
import Postgres

/// What was refused before the streams, what was taken out of them, and checkpoints that are no place in them.
extension SystemReader {
    /// Of a service that owns topics. Where its database lacks the tables, its migrations are told of elsewhere.
    func diagnoseDoor(of service: String) throws -> [Diagnosis] {
        var problems: [ServerProblem] = []
        let found = try ask(&problems) {
            try links.withDatabase(of: service) { connection in
                try refused(of: service, on: connection) + foreign(of: service, on: connection)
            }
        }
        return found ?? []
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
            Diagnosis(
                .problem,
                .refusedEvents,
                "topic \(topic)",
                ["service": service, "topic": topic, "count": "\(count)", "reason": reason]
            )
        }
    }

    private func foreign(of service: String, on connection: PostgresConnection) throws -> [Diagnosis] {
        let totals = try connection.query(
            "SELECT topic, partition, kept, bytes, beyond FROM perch.foreign_totals WHERE kept + beyond > 0 ORDER BY 1, 2"
        ) { try ForeignEntries.total($0) }
        return totals.map { total in
            Diagnosis(
                .warning,
                .foreignEntries,
                "topic \(total.partition.topic)",
                [
                    "service": service, "partition": "\(total.partition)", "kept": "\(total.kept)",
                    "bytes": "\(total.bytes)", "beyond": "\(total.beyond)",
                ]
            )
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
        for (owner, places) in Dictionary(grouping: places, by: { owners[$0.partition.topic] ?? "" })
        where !owner.isEmpty {
            var problems: [ServerProblem] = []
            let asked = places.map { (partition: $0.partition, position: $0.checkpoint.position) }
            let found = try ask(&problems) {
                try links.withDatabase(of: owner) { try self.entries(at: asked, on: $0) }
            }
            for place in places {
                guard let entry = found?[place.partition], entry != place.checkpoint else { continue }
                findings.append(
                    Diagnosis(
                        .problem,
                        .checkpointNotInLog,
                        "group \(status.group)",
                        [
                            "group": "\(status.group)", "topic": "\(place.partition.topic)",
                            "partition": "\(place.partition.number)", "checkpoint": "\(place.checkpoint)",
                            "entry": "\(entry)",
                        ]
                    )
                )
            }
        }
        return findings.sorted { $0.place < $1.place }
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
                \(places.map(\.partition.topic.rawValue)), \(places.map { Int32(clamping: $0.partition.number.rawValue) }),
                \(places.map(\.position))
            ) AS p (topic, partition, position)
            JOIN perch.log l ON l.topic = p.topic AND l.partition = p.partition AND l.position = p.position
            """
        ) { row in
            (
                Partition(
                    TopicName(rawValue: try row.decode("topic")),
                    PartitionNumber(rawValue: Int(try row.decode("partition", as: Int32.self)))
                ),
                EntryID(milliseconds: try row.decode("milliseconds"), position: try row.decode("position"))
            )
        }
        return Dictionary(rows) { $1 }
    }
}

extension Diagnosis {
    fileprivate var place: String { "\(facts["topic"] ?? ""):\(facts["partition"] ?? "")" }
}
