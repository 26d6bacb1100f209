import FoundationEssentials
import Perch
import PerchProtocol
import Postgres

/// The statements of an erasing in the database of the topic's owner.
struct ErasureStore {
    let connection: PostgresConnection
    let topic: TopicName
    let key: String

    /// A type that no contract can have, and a key that nobody's event has: nothing is ever held behind it.
    static let erasedType = "perch.erased"

    /// How many rows one statement reads, or changes.
    private static let part: Position = 100_000

    struct Erased: Sendable {
        var events: [PlacedEvent] = []
        var outbox = 0
        var refused = 0
        var foreign = 0
        /// Up to where each partition was erased.
        var ends: [Partition: Position] = [:]
    }

    /// The topic's partitions, those of former layouts too, with the last position that was given.
    func ends() throws -> [Partition: Position] {
        let rows = try connection.query("SELECT partition, last_position FROM perch.partitions WHERE topic = \(topic)")
        {
            (Partition(topic, try $0.decode("partition")), try $0.decode("last_position", as: Position.self))
        }
        return Dictionary(rows) { $1 }
    }

    /// The key's events in the log past a position.
    func events(of partition: Partition, past start: Position, through end: Position) throws -> [PlacedEvent] {
        let oldest = try connection.query(
            """
            SELECT min(position) AS position FROM perch.log
            WHERE topic = \(topic) AND partition = \(partition.number) AND position > \(start)
            """
        ) { try $0.decodeIfPresent("position", as: Position.self) }
        guard var next = oldest.first.flatMap(\.self) else { return [] }
        var found: [PlacedEvent] = []
        while next <= end {
            let last = min(end, next + Self.part - 1)
            found += try connection.query(
                """
                SELECT position, milliseconds, event_id FROM perch.log
                WHERE topic = \(topic) AND partition = \(partition.number) AND position BETWEEN \(next) AND \(last)
                    AND key = \(key)
                ORDER BY position
                """
            ) { try PlacedEvent($0, in: partition) }
            next = last + 1
        }
        return found
    }

    /// How many rows of the key the outbox with the delayed events, the refused events and the foreign entries have.
    func counts() throws -> (outbox: Int, refused: Int, foreign: Int) {
        let rows = try connection.query(
            """
            SELECT (SELECT count(*) FROM perch.outbox WHERE topic = \(topic) AND key = \(key))
                    + (SELECT count(*) FROM perch.delayed_events WHERE topic = \(topic) AND key = \(key)) AS outbox,
                (SELECT count(*) FROM perch.refused_events WHERE topic = \(topic) AND key = \(key)) AS refused,
                (SELECT count(*) FROM perch.foreign_entries f WHERE f.topic = \(topic) AND \(foreignOf: key)) AS foreign
            """
        ) { row in
            (
                outbox: try row.decode("outbox", as: Int.self), refused: try row.decode("refused", as: Int.self),
                foreign: try row.decode("foreign", as: Int.self)
            )
        }
        return rows.first ?? (0, 0, 0)
    }

    /// Empties the places, and deletes what has none. One transaction, in which no position is given.
    ///
    /// - Parameter isAll: Also what has come since the plan, and what waits in the outbox.
    func erase(_ plan: ErasurePlan, isAll: Bool, by: String) throws -> Erased {
        try connection.transaction { tx in
            try tx.boundIdleTime()
            // Whoever gives positions passes over a partition whose row is locked.
            try tx.execute(
                "SELECT FROM perch.partitions WHERE topic = \(topic) ORDER BY partition FOR NO KEY UPDATE"
            )
            var erased = Erased(ends: plan.ends)
            erased.events = plan.events
            if isAll {
                try addNewer(to: &erased, in: tx)
                // In this order: what becomes due meanwhile is in the outbox by the time that is looked at.
                erased.outbox = try tx.affectedRows(
                    "DELETE FROM perch.delayed_events WHERE topic = \(topic) AND key = \(key)"
                )
                erased.outbox += try tx.affectedRows("DELETE FROM perch.outbox WHERE topic = \(topic) AND key = \(key)")
            }
            for start in stride(from: 0, to: erased.events.count, by: Int(Self.part)) {
                let part = erased.events[start..<min(start + Int(Self.part), erased.events.count)]
                // What was published stays in no column, and the row is one that every reader takes, whatever it was.
                try tx.execute(
                    """
                    UPDATE perch.log l SET type = \(Self.erasedType), version = 1, key = \(Self.erasedType),
                        traceparent = NULL, data = '{}',
                        time = to_timestamp(least(greatest(l.milliseconds, 0), 253402300799000) / 1000.0)
                    FROM unnest(\(part.map(\.partition.number)), \(part.map(\.id.position))) AS e (partition, position)
                    WHERE l.topic = \(topic) AND l.partition = e.partition AND l.position = e.position
                        AND l.key = \(key)
                    """
                )
            }
            erased.refused = try tx.affectedRows(
                "DELETE FROM perch.refused_events WHERE topic = \(topic) AND key = \(key)"
            )
            erased.foreign = try eraseForeign(in: tx)
            try tx.recordErasure(
                of: key,
                in: topic,
                [
                    "log": erased.events.count, "outbox": erased.outbox, "refused": erased.refused,
                    "foreign": erased.foreign,
                ],
                by: by
            )
            return erased
        }
    }

    /// What was given a position since the plan.
    private func addNewer(to erased: inout Erased, in tx: borrowing Transaction) throws {
        let ends = try tx.query("SELECT partition, last_position FROM perch.partitions WHERE topic = \(topic)") {
            (Partition(topic, try $0.decode("partition")), try $0.decode("last_position", as: Position.self))
        }
        for (partition, end) in ends {
            let start = erased.ends[partition] ?? 0
            erased.ends[partition] = end
            guard end > start else { continue }
            erased.events += try tx.query(
                """
                SELECT position, milliseconds, event_id FROM perch.log
                WHERE topic = \(topic) AND partition = \(partition.number) AND position > \(start) AND key = \(key)
                """
            ) { try PlacedEvent($0, in: partition) }
        }
    }

    private func eraseForeign(in tx: borrowing Transaction) throws -> Int {
        try tx.affectedRows(
            """
            WITH gone AS (
                DELETE FROM perch.foreign_entries f WHERE f.topic = \(topic) AND \(foreignOf: key)
                RETURNING f.partition, octet_length(array_send(f.fields)) AS size
            ), less AS (
                UPDATE perch.foreign_totals t SET kept = t.kept - g.kept, bytes = t.bytes - g.bytes
                FROM (SELECT partition, count(*) AS kept, sum(size) AS bytes FROM gone GROUP BY partition) AS g
                WHERE t.topic = \(topic) AND t.partition = g.partition
            )
            SELECT FROM gone
            """
        )
    }

    /// Which of these ids the log has.
    func logged(_ ids: [EntryID], of partition: Partition) throws -> [EntryID] {
        try connection.query(
            """
            SELECT l.milliseconds, l.position FROM perch.log l
            JOIN unnest(\(ids.map(\.milliseconds)), \(ids.map(\.position))) AS i (milliseconds, position)
                USING (milliseconds, position)
            WHERE l.topic = \(topic) AND l.partition = \(partition.number)
            """
        ) { EntryID(milliseconds: try $0.decode("milliseconds"), position: try $0.decode("position")) }
    }

    /// Up to which position each partition's stream need not have its entries.
    func trimmed() throws -> [Partition: Position] {
        let rows = try connection.query(
            "SELECT partition, trimmed_position FROM perch.partitions WHERE topic = \(topic)"
        ) { (Partition(topic, try $0.decode("partition")), try $0.decode("trimmed_position", as: Position.self)) }
        return Dictionary(rows) { $1 }
    }
}

extension PlacedEvent {
    fileprivate init(_ row: borrowing Row, in partition: Partition) throws {
        self.init(
            partition: partition,
            id: EntryID(milliseconds: try row.decode("milliseconds"), position: try row.decode("position")),
            eventID: try row.decode("event_id")
        )
    }
}

extension SQL.StringInterpolation {
    /// The condition that a row `f` of `perch.foreign_entries` names this key as its subject.
    fileprivate mutating func appendInterpolation(foreignOf key: String) {
        appendLiteral(
            """
            EXISTS (
                SELECT FROM generate_series(1, cardinality(f.fields) - 1, 2) AS i
                WHERE f.fields[i] = convert_to('subject', 'UTF8') AND f.fields[i + 1] = convert_to(
            """
        )
        appendInterpolation(key)
        appendLiteral("::text, 'UTF8'))")
    }
}

extension Transaction {
    /// Writes down that a key was erased, and how much. Of the key there is only a digest with a salt of its own: whoever knows the key
    /// can tell that it was this one.
    func recordErasure(of key: String, in topic: TopicName, _ counts: [String: Int], by: String) throws {
        guard counts.values.contains(where: { $0 > 0 }) else { return }
        let names = counts.keys.sorted()
        try execute(
            """
            INSERT INTO perch.operations (operator, action, group_name, target, details)
            SELECT \(by), 'forget', NULL, \(topic), jsonb_build_object(
                'salt', s.salt, 'key_sha256', encode(sha256(convert_to(s.salt || \(key)::text, 'UTF8')), 'hex'),
                'erased', (SELECT jsonb_object_agg(c.name, c.count)
                    FROM unnest(\(names), \(names.map { Int64(counts[$0] ?? 0) })) AS c (name, count)))
            FROM (SELECT gen_random_uuid()::text AS salt) AS s
            """
        )
    }
}
