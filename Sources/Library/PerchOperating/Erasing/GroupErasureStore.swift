import FoundationEssentials
import Perch
import PerchProtocol
import Postgres

/// The statements of an erasing in the database of a service: of its groups, and of its operators' records.
struct GroupErasureStore {
    let connection: PostgresConnection
    let topic: TopicName
    let key: String

    /// The group's checkpoints of the topic.
    func checkpoints(of group: GroupName) throws -> [Partition: Position] {
        let rows = try connection.query(
            "SELECT partition, position FROM perch.checkpoints WHERE group_name = \(group) AND topic = \(topic)"
        ) { (Partition(topic, try $0.decode("partition")), try $0.decode("position", as: Position.self)) }
        return Dictionary(rows) { $1 }
    }

    /// How many failed events of the key the group has; nil: all groups of the database.
    func failed(in group: GroupName?) throws -> Int {
        try connection.query(
            """
            SELECT count(*) AS n FROM perch.failed_events
            WHERE topic = \(topic) AND subject = \(key) AND (\(group)::text IS NULL OR group_name = \(group))
            """
        ) { try $0.decode("n", as: Int.self) }.first ?? 0
    }

    /// How many records hold the key, or data of its events.
    func records(of events: [UUID]) throws -> Int {
        try connection.query("SELECT count(*) AS n FROM perch.operations o WHERE \(recordOf: key, topic, events)") {
            try $0.decode("n", as: Int.self)
        }.first ?? 0
    }

    /// Takes key and data out of the records. They still say who did what, and when, and of which event.
    func eraseRecords(of events: [UUID], by: String) throws -> Int {
        try connection.transaction { tx in
            try tx.boundIdleTime()
            let erased = try tx.affectedRows(
                """
                UPDATE perch.operations o SET
                    target = rtrim(replace(o.target || ';', ' key ' || \(key) || ';', ' key (erased);'), ';'),
                    details = CASE WHEN o.action IN ('retry_failed', 'replay selected') THEN o.details ELSE
                        jsonb_strip_nulls(jsonb_build_object(
                            'erased', true, 'reason', '(erased)', 'event_id', o.details->'event_id',
                            'event', CASE WHEN o.details ? 'event' THEN jsonb_build_object(
                                'event_id', o.details->'event'->'event_id', 'topic', o.details->'event'->'topic',
                                'partition', o.details->'event'->'partition',
                                'entry_id', o.details->'event'->'entry_id') END))
                    END
                WHERE \(recordOf: key, topic, events)
                """
            )
            try tx.recordErasure(of: key, in: topic, ["records": erased], by: by)
            return erased
        }
    }

    /// Fences a group off from what it has read: whoever owns a partition starts again at its checkpoint.
    func fence(_ group: GroupName, _ partitions: [Partition]) throws {
        let places = PartitionLists(partitions)
        try connection.transaction { tx in
            try tx.boundIdleTime()
            try tx.lock(places, in: group)
            try tx.raiseLeases(places, in: group)
            try tx.raiseEpochs(places, in: group)
        }
    }

    /// Deletes failed events of the key, of all groups of the database. Nothing is held behind them: that is of the same key.
    ///
    /// - Parameter only: These; nil: all that there are.
    func eraseFailed(only events: [UUID]?, by: String) throws -> Int {
        try connection.transaction { tx in
            try tx.boundIdleTime()
            let gone = try tx.query(
                """
                DELETE FROM perch.failed_events WHERE topic = \(topic) AND subject = \(key)
                    AND (\(events == nil) OR event_id = ANY (\(events ?? [])))
                RETURNING group_name, partition
                """
            ) {
                (
                    group: try $0.decode("group_name", as: String.self),
                    number: try $0.decode("partition", as: Int32.self)
                )
            }
            guard !gone.isEmpty else { return 0 }
            // The owners of these partitions look again.
            try tx.execute(
                """
                INSERT INTO perch.failure_revisions AS r (group_name, topic, partition, revision)
                SELECT DISTINCT c.group_name, \(topic), c.partition, 1::bigint
                FROM unnest(\(gone.map(\.group)), \(gone.map(\.number))) AS c (group_name, partition)
                ORDER BY 1, 3
                ON CONFLICT (group_name, topic, partition) DO UPDATE SET revision = r.revision + 1
                """
            )
            try tx.recordErasure(of: key, in: topic, ["failed": gone.count], by: by)
            return gone.count
        }
    }
}

extension SQL.StringInterpolation {
    /// The condition that a row `o` of `perch.operations` holds the key, or data of one of its events. One whose data is gone already
    /// does not.
    fileprivate mutating func appendInterpolation(recordOf key: String, _ topic: TopicName, _ events: [UUID]) {
        appendLiteral("(o.action IN ('retry_failed', 'replay selected') AND strpos(o.target || ';', ' key ' || ")
        appendInterpolation(key)
        appendLiteral(
            " || ';') > 0 OR o.action IN ('discard_failed', 'retry_corrected', 'retry_refused', 'discard_refused', 'cancel_delayed') AND NOT o.details ? 'erased' AND ("
        )
        appendLiteral("o.details->'event'->>'topic' = ")
        appendInterpolation(topic)
        appendLiteral(" AND o.details->'event'->>'subject' = ")
        appendInterpolation(key)
        appendLiteral(" OR o.details->>'topic' = ")
        appendInterpolation(topic)
        appendLiteral(" AND o.details->>'key' = ")
        appendInterpolation(key)
        appendLiteral(" OR o.details->>'event_id' = ANY (")
        appendInterpolation(events.map { $0.uuidString.lowercased() })
        appendLiteral(")))")
    }
}
