import FoundationEssentials
import PerchProtocol
import Postgres

/// The statements of a group's workers on `perch.failed_events`.
struct FailureStore {
    let group: GroupName

    /// An error's text as it is kept: bounded, and without what a text column cannot hold.
    static func shortened(_ text: String) -> String {
        String(text.unicodeScalars.lazy.filter { $0 != "\0" }.prefix(2000).map(Character.init))
    }

    // MARK: What holds keys

    /// The first event of each key that holds it: one statement for all partitions.
    func survey(
        _ partitions: [Partition],
        lettingGo topics: [TopicName],
        on connection: PostgresConnection
    ) throws -> [FailureSurvey] {
        let rows = try connection.query(
            """
            SELECT p.topic, p.partition, coalesce(r.revision, 0) AS revision, f.subject, f.state,
                (extract(epoch FROM f.next_attempt_at - clock_timestamp()) * 1000)::bigint AS due
            FROM unnest(\(partitions.map(\.topic)), \(partitions.map(\.number))) AS p (topic, partition)
            LEFT JOIN perch.failure_revisions r
                ON r.group_name = \(group) AND r.topic = p.topic AND r.partition = p.partition
            LEFT JOIN LATERAL (
                SELECT DISTINCT ON (f.subject) f.subject, f.state, f.next_attempt_at FROM perch.failed_events f
                WHERE f.group_name = \(group) AND f.topic = p.topic AND f.partition = p.partition
                    AND NOT (f.state = 'dead' AND f.topic = ANY (\(topics)))
                ORDER BY f.subject, f.position
            ) AS f ON true
            """
        ) { row in
            let key = try row.decodeIfPresent("subject", as: String.self)
            let isDead = try row.decodeIfPresent("state", as: String.self) == "dead"
            let due = try row.decodeIfPresent("due", as: Int64.self) ?? 0
            return (
                partition: try row.partition(), revision: try row.decode("revision", as: Int64.self),
                head: key.map { FailureSurvey.Head(key: $0, due: isDead ? nil : .milliseconds(due)) }
            )
        }
        return Dictionary(grouping: rows, by: \.partition).map { partition, rows in
            FailureSurvey(partition: partition, revision: rows[0].revision, heads: rows.compactMap(\.head))
        }
    }

    // MARK: Counting attempts

    /// - Returns: In their order: how often each was attempted, this time included; nil: its epoch is another one.
    func count(_ attempts: [Attempt], on connection: PostgresConnection) throws -> [Int?] {
        let partitions = attempts.map(\.holding.partition)
        let counted = try connection.query(
            """
            UPDATE perch.checkpoints c SET attempted_from = a.first, attempted_to = a.last,
                attempts = CASE
                    WHEN c.attempted_from = a.first AND c.attempted_to = a.first AND a.last = a.first THEN c.attempts + 1
                    ELSE 1
                END
            FROM unnest(
                \(partitions.map(\.topic)), \(partitions.map(\.number)), \(attempts.map(\.holding.epoch)),
                \(attempts.map(\.first)), \(attempts.map(\.last))
            ) AS a (topic, partition, epoch, first, last)
            WHERE c.group_name = \(group) AND c.topic = a.topic AND c.partition = a.partition AND c.epoch = a.epoch
                AND c.position = a.first - 1
            RETURNING c.topic, c.partition, c.attempts
            """
        ) { (try $0.partition(), try $0.decode("attempts", as: Int.self)) }
        let counts = Dictionary(uniqueKeysWithValues: counted)
        return partitions.map { counts[$0] }
    }

    /// Of the first event of a key. Where an operator has just taken it away, this is the first attempt at nothing.
    ///
    /// - Returns: As `count`.
    func countRetry(_ holding: Holding, _ key: String, on connection: PostgresConnection) throws -> Int? {
        try connection.transaction { tx in
            let owned: [Void] = try tx.query(
                """
                SELECT FROM perch.checkpoints
                WHERE group_name = \(group) AND topic = \(holding.partition.topic)
                    AND partition = \(holding.partition.number) AND epoch = \(holding.epoch) FOR NO KEY UPDATE
                """
            ) { _ in }
            guard !owned.isEmpty else { return nil }
            return try tx.query(
                """
                UPDATE perch.failed_events SET attempts = attempts + 1, last_attempt_at = clock_timestamp()
                WHERE id = (
                    SELECT id FROM perch.failed_events
                    WHERE group_name = \(group) AND topic = \(holding.partition.topic)
                        AND partition = \(holding.partition.number) AND subject = \(key) AND state <> 'dead'
                    ORDER BY position LIMIT 1
                )
                RETURNING attempts
                """
            ) { try $0.decode("attempts", as: Int.self) }.first ?? 1
        }
    }

    // MARK: Within a transaction

    /// Queued. What is there already, from before a replay, stays as it is.
    func park(_ events: [(event: Delivery, as: ParkedEvent)], in tx: borrowing Transaction) throws {
        guard !events.isEmpty else { return }
        try tx.execute(
            """
            INSERT INTO perch.failed_events
                (group_name, topic, partition, position, entry_id, event_id, type, version, subject, time, payload, source,
                traceparent, state, error, attempts, waits, next_attempt_at, last_attempt_at)
            SELECT \(group), e.topic, e.partition, e.position, e.entry_id, e.event_id, e.type, e.version, e.subject, e.time, e.payload,
                e.source, e.traceparent, e.state, e.error, e.attempts, e.waits,
                CASE WHEN e.state = 'failed' THEN clock_timestamp() + e.delay * interval '1 millisecond' END,
                CASE WHEN e.state <> 'held' THEN clock_timestamp() END
            FROM unnest(
                \(events.map(\.event.topic)), \(events.map(\.event.partition.number)),
                \(events.map(\.event.entryID.position)), \(events.map(\.event.entryID)),
                \(events.map(\.event.id)), \(events.map(\.event.type)),
                \(events.map { Int32(clamping: $0.event.version) }), \(events.map(\.event.subject)),
                \(events.map(\.event.time)), \(events.map(\.event.envelope.data)),
                \(events.map(\.event.envelope.source)), \(events.map(\.event.envelope.traceparent)),
                \(events.map(\.as.state.rawValue)), \(events.map(\.as.reason)),
                \(events.map { Int32(clamping: $0.as.attempts) }), \(events.map { Int32(clamping: $0.as.waits) }),
                \(events.map(\.as.delay.milliseconds))
            ) AS e (topic, partition, position, entry_id, event_id, type, version, subject, time, payload, source, traceparent,
                state, error, attempts, waits, delay)
            ON CONFLICT (group_name, topic, partition, position) DO NOTHING
            """
        )
    }

    /// Locks and reads the first events of these keys, in order.
    ///
    /// They are chosen first and locked then: an operator may take some out in between, and that must not look as if there were
    /// no more of their keys.
    func fetch(
        _ partition: Partition,
        _ keys: [String],
        limit: Int,
        _ policy: RetryPolicy,
        in tx: borrowing Transaction
    ) throws -> (events: [(event: Delivery, as: ParkedEvent)], hasMore: Bool) {
        let ids = try tx.query(
            """
            SELECT first.id FROM unnest(\(keys)) AS k (subject)
            CROSS JOIN LATERAL (
                SELECT f.id, f.position FROM perch.failed_events f
                WHERE f.group_name = \(group) AND f.topic = \(partition.topic)
                    AND f.partition = \(partition.number) AND f.subject = k.subject AND (f.state <> 'dead' OR \(policy.deadLettersHoldTheirKey))
                ORDER BY f.position LIMIT \(Int64(limit))
            ) AS first
            ORDER BY first.position LIMIT \(Int64(limit))
            """
        ) { try $0.decode("id", as: Int64.self) }
        return (ids.isEmpty ? [] : try lock(ids, of: partition, in: tx), ids.count >= limit)
    }

    private func lock(
        _ ids: [Int64],
        of partition: Partition,
        in tx: borrowing Transaction
    ) throws -> [(event: Delivery, as: ParkedEvent)] {
        try tx.query(
            """
            SELECT position, entry_id, event_id, type, version, subject, time, payload, source, traceparent, state, attempts,
                waits
            FROM perch.failed_events WHERE id = ANY (\(ids)) ORDER BY position FOR UPDATE
            """
        ) { row in
            let position = try row.decode("position", as: Int64.self)
            let envelope = try Envelope(failedRow: row)
            return (
                event: Delivery(partition: partition, entryID: try row.entryID(at: position), envelope: envelope),
                as: ParkedEvent(
                    position: position,
                    key: envelope.subject,
                    state: .init(rawValue: try row.decode("state", as: String.self)) ?? .dead,
                    attempts: Int(try row.decode("attempts", as: Int32.self)),
                    waits: Int(try row.decode("waits", as: Int32.self))
                )
            )
        }
    }

    /// Queued: takes out what has taken effect, and writes down what has failed again.
    func settle(_ settlement: WorkerAction.Settlement, in tx: borrowing Transaction) throws {
        let topic = settlement.partition.topic
        if !settlement.resolved.isEmpty {
            try tx.execute(
                """
                DELETE FROM perch.failed_events
                WHERE group_name = \(group) AND topic = \(topic)
                    AND partition = \(settlement.partition.number) AND position = ANY (\(settlement.resolved))
                """
            )
        }
        let changed = settlement.changed
        guard !changed.isEmpty else { return }
        try tx.execute(
            """
            UPDATE perch.failed_events f SET state = e.state, error = e.error, attempts = e.attempts, waits = e.waits,
                last_attempt_at = clock_timestamp(), failed_at = clock_timestamp(),
                next_attempt_at = CASE WHEN e.state = 'failed' THEN clock_timestamp() + e.delay * interval '1 millisecond' END
            FROM unnest(
                \(changed.map(\.position)), \(changed.map(\.state.rawValue)), \(changed.map(\.reason)),
                \(changed.map { Int32(clamping: $0.attempts) }), \(changed.map { Int32(clamping: $0.waits) }),
                \(changed.map(\.delay.milliseconds))
            ) AS e (position, state, error, attempts, waits, delay)
            WHERE f.group_name = \(group) AND f.topic = \(topic)
                AND f.partition = \(settlement.partition.number) AND f.position = e.position
            """
        )
    }

}
