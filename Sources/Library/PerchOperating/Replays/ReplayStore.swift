import Perch
import Postgres

/// The statements that let chosen events be handled again.
struct ReplayStore {
    /// Who wants it, for those who find the rows.
    let by: String
    let group: GroupName

    /// How many of these lie in failed events.
    static func count(
        in group: GroupName,
        from first: EntryID,
        through last: EntryID,
        of partition: Partition,
        _ key: String?,
        on connection: PostgresConnection
    ) throws -> Int64 {
        try connection.query(
            """
            SELECT count(*) AS n FROM perch.failed_events
            WHERE group_name = \(group) AND topic = \(partition.topic)
                AND partition = \(partition.number) AND position BETWEEN \(first.position) AND \(last.position)
                AND (\(key)::text IS NULL OR subject = \(key))
            """
        ) { try $0.decode("n", as: Int64.self) }.first ?? 0
    }

    /// Each behind the others of its key; what is there already stays as it is.
    ///
    /// - Returns: The ids of the new rows.
    func insert(_ events: [FoundEvent], in tx: borrowing Transaction) throws -> [Int64] {
        guard !events.isEmpty else { return [] }
        let places = events.map { $0.entryID ?? .zero }
        return try tx.query(
            """
            INSERT INTO perch.failed_events
                (group_name, topic, partition, position, entry_id, event_id, type, version, subject, time, payload, source,
                traceparent, state, error, attempts)
            SELECT \(group), e.topic, e.partition, e.position, e.entry_id, e.event_id, e.type, e.version, e.subject, e.time, e.payload,
                e.source, e.traceparent, 'held', \("to be replayed, by \(by)")::text, 0
            FROM unnest(
                \(events.map(\.partition.topic)), \(events.map(\.partition.number)),
                \(places.map(\.position)), \(places), \(events.map(\.envelope.id)),
                \(events.map(\.envelope.type)), \(events.map { Int32(clamping: $0.envelope.version) }),
                \(events.map(\.envelope.subject)), \(events.map(\.envelope.time)), \(events.map(\.envelope.data)),
                \(events.map(\.envelope.source)), \(events.map(\.envelope.traceparent))
            ) AS e (topic, partition, position, entry_id, event_id, type, version, subject, time, payload, source, traceparent)
            ORDER BY e.position
            ON CONFLICT (group_name, topic, partition, position) DO NOTHING
            RETURNING id
            """
        ) { try $0.decode("id", as: Int64.self) }
    }

    /// Whether the checkpoints, which are locked, are at these events or past them.
    func hasRead(_ steps: [SelectedReplayPlan.Step], in tx: borrowing Transaction) throws -> Bool {
        let places = PartitionLists(steps.map(\.partition))
        let read = try tx.query(
            """
            SELECT count(*) AS n FROM perch.checkpoints c
            JOIN unnest(\(places.topics), \(places.numbers), \(steps.map(\.last.position)))
                AS p (topic, partition, position) USING (topic, partition)
            WHERE c.group_name = \(group) AND c.position >= p.position
            """
        ) { try $0.decode("n", as: Int.self) }
        return read.first == steps.count
    }

    /// The first of each key is tried now; where another one is first, they follow that.
    func makeDue(_ ids: [Int64], in tx: borrowing Transaction) throws {
        try tx.execute(
            """
            UPDATE perch.failed_events f SET state = 'failed', next_attempt_at = clock_timestamp()
            WHERE f.id = ANY (\(ids)) AND NOT EXISTS (
                SELECT FROM perch.failed_events e
                WHERE e.group_name = f.group_name AND e.topic = f.topic AND e.partition = f.partition AND e.subject = f.subject AND e.position < f.position
            )
            """
        )
    }
}
