public import Postgres

/// What operators see of a group's failed events, and do with them. The workers of the group need not be stopped.
///
/// A change is made in one transaction with its record in `perch.operations`. The partition's owner hears of it with its next
/// heartbeat, within a second. Every call may be made again, and by several operators at once: what is retried or discarded
/// already is not so a second time.
public struct FailedEvents: Sendable {
    /// Which events; what is nil or empty chooses nothing out.
    public struct Filter: Sendable, Hashable {
        /// By the ids of their rows.
        public var ids: [Int64]?
        /// Default: all states.
        public var states: Set<FailedEvent.State> = []
        /// Of this topic.
        public var topic: TopicName?
        /// Of this key.
        public var key: String?
        /// Of this type.
        public var type: EventType?
        /// A part of the error's text.
        public var error: String?
        /// Failed at least so long ago.
        public var olderThan: Duration?

        /// All events.
        public init() {}
    }

    private let database: Database

    /// - Parameter database: The one of the group's service.
    public init(_ database: Database) { self.database = database }

    // MARK: Looking

    /// In the order in which they came here.
    ///
    /// - Parameters:
    ///   - limit: The most events. Default 100.
    ///   - after: The last id of the page before. Default nil: the first page.
    public func list(
        filter: Filter = Filter(),
        limit: Int = 100,
        after: FailedEvent.ID? = nil
    ) async throws -> [FailedEvent] {
        let filter = Bound(filter)
        return try await database.query(
            """
            SELECT f.* FROM perch.failed_events f
            WHERE f.id > \(after ?? 0)
                AND (\(filter.ids)::bigint[] IS NULL OR f.id = ANY (\(filter.ids)::bigint[]))
                AND f.state = ANY (\(filter.states)) AND (\(filter.topic)::text IS NULL OR f.topic = \(filter.topic))
                AND (\(filter.key)::text IS NULL OR f.subject = \(filter.key))
                AND (\(filter.type)::text IS NULL OR f.type = \(filter.type))
                AND (\(filter.error)::text IS NULL OR position(\(filter.error) IN f.error) > 0)
                AND f.failed_at <= clock_timestamp() - \(filter.age) * interval '1 millisecond'
            ORDER BY f.id LIMIT \(Int64(limit))
            """
        ) { try FailedEvent($0) }
    }

    /// How many there are.
    public func count(filter: Filter = Filter()) async throws -> Int {
        let filter = Bound(filter)
        return try await database.query(
            """
            SELECT count(*) AS n FROM perch.failed_events f
            WHERE (\(filter.ids)::bigint[] IS NULL OR f.id = ANY (\(filter.ids)::bigint[]))
                AND f.state = ANY (\(filter.states)) AND (\(filter.topic)::text IS NULL OR f.topic = \(filter.topic))
                AND (\(filter.key)::text IS NULL OR f.subject = \(filter.key))
                AND (\(filter.type)::text IS NULL OR f.type = \(filter.type))
                AND (\(filter.error)::text IS NULL OR position(\(filter.error) IN f.error) > 0)
                AND f.failed_at <= clock_timestamp() - \(filter.age) * interval '1 millisecond'
            """
        ) { try $0.decode("n", as: Int.self) }.first ?? 0
    }

    /// One of them; nil: it does not lie there, or no longer.
    public func event(id: FailedEvent.ID) async throws -> FailedEvent? {
        try await database.query("SELECT f.* FROM perch.failed_events f WHERE f.id = \(id)") { try FailedEvent($0) }
            .first
    }

    // MARK: Changing

    /// What a retry of many has done.
    public struct Retried: Sendable, Hashable {
        /// How many are due now that were not.
        public let count: Int
        /// The last of them: where a further call goes on; nil: there was none.
        public let last: FailedEvent.ID?
    }

    /// Makes failed events and dead letters due now; a dead letter begins anew with all its attempts.
    ///
    /// Held events are left as they are: they follow the first of their key. What is due already is not counted.
    /// - Parameters:
    ///   - by: Who, for the record.
    ///   - limit: The most events in this call, which is one transaction. Default 1,000: with more, go on `after` the last.
    public func retry(
        filter: Filter,
        by: String,
        limit: Int = 1000,
        after: FailedEvent.ID? = nil
    ) async throws -> Retried {
        let bound = Bound(filter)
        return try await database.transaction { tx in
            try tx.boundIdleTime()
            let retried = try tx.query(
                """
                UPDATE perch.failed_events SET state = 'failed', next_attempt_at = clock_timestamp(),
                    attempts = CASE WHEN state = 'dead' THEN 0 ELSE attempts END
                WHERE id IN (
                    SELECT f.id FROM perch.failed_events f
                    WHERE f.id > \(after ?? 0)
                        AND (f.state = 'dead' OR f.state = 'failed' AND f.next_attempt_at > clock_timestamp())
                        AND (\(bound.ids)::bigint[] IS NULL OR f.id = ANY (\(bound.ids)::bigint[]))
                        AND f.state = ANY (\(bound.states)) AND (\(bound.topic)::text IS NULL OR f.topic = \(bound.topic))
                        AND (\(bound.key)::text IS NULL OR f.subject = \(bound.key))
                        AND (\(bound.type)::text IS NULL OR f.type = \(bound.type))
                        AND (\(bound.error)::text IS NULL OR position(\(bound.error) IN f.error) > 0)
                        AND f.failed_at <= clock_timestamp() - \(bound.age) * interval '1 millisecond'
                    ORDER BY f.id LIMIT \(Int64(limit)) FOR UPDATE
                )
                RETURNING id, topic, partition
                """
            ) { Changed(id: try $0.decode("id"), topic: try $0.decode("topic"), partition: try $0.decode("partition")) }
            guard let last = retried.map(\.id).max() else { return Retried(count: 0, last: nil) }
            try Self.tell(of: retried, in: tx)
            try tx.execute(
                """
                INSERT INTO perch.operations (operator, action, target, details)
                VALUES (\(by), 'retry_failed', \(filter.description), jsonb_build_object('count', \(Int64(retried.count)),
                    'ids', to_jsonb(\(retried.map(\.id).sorted()))))
                """
            )
            return Retried(count: retried.count, last: last)
        }
    }

    /// Gives an event up, and lets those that are held behind it go on.
    ///
    /// - Parameters:
    ///   - reason: Why, for the record, in which the event is kept with its data.
    ///   - by: Who.
    /// - Returns: Whether it was there.
    @discardableResult
    public func discard(id: FailedEvent.ID, reason: String, by: String) async throws -> Bool {
        try await database.transaction { tx in
            try tx.boundIdleTime()
            let discarded = try tx.query(
                """
                WITH gone AS (DELETE FROM perch.failed_events WHERE id = \(id) RETURNING *), recorded AS (
                    INSERT INTO perch.operations (operator, action, target, details)
                    SELECT \(by), 'discard_failed', 'failed event ' || id, jsonb_build_object('reason', \(reason),
                        'event', to_jsonb(gone) - 'payload' - 'original_payload',
                        'payload', encode(payload, 'base64'))
                    FROM gone
                )
                SELECT id, topic, partition FROM gone
                """
            ) { Changed(id: try $0.decode("id"), topic: try $0.decode("topic"), partition: try $0.decode("partition")) }
            try Self.tell(of: discarded, in: tx)
            return !discarded.isEmpty
        }
    }

    /// Retries an event with other data, for example with a field that its publisher had left out. What was delivered is kept.
    ///
    /// A held event keeps its place behind the others of its key.
    /// - Parameter payload: A JSON object of at most 64 KiB.
    /// - Returns: Whether it was there.
    /// - Throws: `InvalidPayload`; `PostgresError`.
    @discardableResult
    public func retry(id: FailedEvent.ID, payload: [UInt8], by: String) async throws -> Bool {
        guard payload.count <= Envelope.Limits.data else {
            throw InvalidPayload(reason: "it has \(payload.count) bytes, and \(Envelope.Limits.data) are allowed")
        }
        guard (try? JSONDocument(payload))?.root.kind == .object else {
            throw InvalidPayload(reason: "it is not a JSON object")
        }
        return try await database.transaction { tx in
            try tx.boundIdleTime()
            let changed = try tx.query(
                """
                WITH corrected AS (
                    UPDATE perch.failed_events SET original_payload = coalesce(original_payload, payload),
                        payload = \(payload), next_attempt_at = CASE WHEN state <> 'held' THEN clock_timestamp() END,
                        attempts = CASE WHEN state = 'dead' THEN 0 ELSE attempts END,
                        state = CASE WHEN state = 'held' THEN 'held' ELSE 'failed' END
                    WHERE id = \(id) RETURNING *
                ), recorded AS (
                    INSERT INTO perch.operations (operator, action, target, details)
                    SELECT \(by), 'retry_corrected', 'failed event ' || id, jsonb_build_object(
                        'event_id', event_id, 'payload', encode(payload, 'base64'),
                        'original_payload', encode(original_payload, 'base64'))
                    FROM corrected
                )
                SELECT id, topic, partition FROM corrected
                """
            ) { Changed(id: try $0.decode("id"), topic: try $0.decode("topic"), partition: try $0.decode("partition")) }
            try Self.tell(of: changed, in: tx)
            return !changed.isEmpty
        }
    }

    private struct Changed {
        let id: Int64
        let topic: String
        let partition: Int32
    }

    /// The owners of these partitions look again.
    private static func tell(of changed: [Changed], in tx: borrowing Transaction) throws {
        guard !changed.isEmpty else { return }
        try tx.execute(
            """
            INSERT INTO perch.failure_revisions AS r (topic, partition, revision)
            SELECT DISTINCT topic, partition, 1::bigint
            FROM unnest(\(changed.map(\.topic)), \(changed.map(\.partition))) AS c (topic, partition)
            ORDER BY topic, partition
            ON CONFLICT (topic, partition) DO UPDATE SET revision = r.revision + 1
            """
        )
    }
}

/// Data that no event can have.
public struct InvalidPayload: Error, Hashable, Sendable, CustomStringConvertible {
    let reason: String

    /// What is wrong with it.
    public var description: String { "the payload is refused: \(reason)" }
}

/// A filter as it is bound to a statement.
private struct Bound: Sendable {
    let ids: [Int64]?
    let states: [String]
    let topic: String?
    let key: String?
    let type: String?
    let error: String?
    let age: Int64

    init(_ filter: FailedEvents.Filter) {
        ids = filter.ids
        let chosen = filter.states.isEmpty ? Set(FailedEvent.State.allCases) : filter.states
        states = chosen.map(\.rawValue).sorted()
        topic = filter.topic?.rawValue
        key = filter.key
        type = filter.type?.rawValue
        error = filter.error
        age = filter.olderThan?.milliseconds ?? 0
    }
}

extension FailedEvents.Filter: CustomStringConvertible {
    /// As the record of an operation names it.
    public var description: String {
        var parts: [String] = []
        if let ids { parts.append("\(ids.count) by id") }
        if !states.isEmpty { parts.append(states.map(\.rawValue).sorted().joined(separator: ", ")) }
        if let topic { parts.append("topic \(topic)") }
        if let key { parts.append("key \(key)") }
        if let type { parts.append("type \(type)") }
        if let error { parts.append("error with \"\(error)\"") }
        if let olderThan { parts.append("older than \(olderThan)") }
        return parts.isEmpty ? "all failed events" : "failed events: " + parts.joined(separator: "; ")
    }
}
