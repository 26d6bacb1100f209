import Perch
public import PerchProtocol
public import Postgres

/// Lists, retries and discards the refused events of a service.
///
/// A change and its record in `perch.operations` commit together. Every call can be repeated, and several operators can make it
/// at once: an event is not retried or discarded a second time.
public struct RefusedEvents: Sendable {
    private let database: OperatorDatabase

    /// - Parameter database: The one of the service that has published them.
    public init(_ database: Database) { self.database = .pool(database) }

    /// The events that a service of the system has published and its relay has refused. Its errors are `ServerProblem`s.
    ///
    /// Connects when first asked.
    public init(_ system: OperatedSystem, of service: String) { database = .linked(system, service: service) }

    /// In the order in which they were refused.
    ///
    /// - Parameters:
    ///   - limit: The most events. Default 100.
    ///   - after: The last id of the page before. Default nil: the first page.
    public func list(
        topic: TopicName? = nil,
        limit: Int = 100,
        after: RefusedEvent.ID? = nil
    ) async throws -> [RefusedEvent] {
        try await database.query(
            """
            SELECT id, topic, partition, sequence, event_id, type, version, key, time, reason, refused_at, data::text AS data
            FROM perch.refused_events
            WHERE id > \(after ?? 0) AND (\(topic)::text IS NULL OR topic = \(topic))
            ORDER BY id LIMIT \(Int64(limit))
            """
        ) { try RefusedEvent($0) }
    }

    /// How many there are.
    public func count(topic: TopicName? = nil) async throws -> Int {
        try await database.query(
            """
            SELECT count(*) AS n FROM perch.refused_events
            WHERE \(topic)::text IS NULL OR topic = \(topic)
            """
        ) { try $0.decode("n", as: Int.self) }.first ?? 0
    }

    /// The refused event of this number; nil if there is none, or no longer.
    public func event(id: RefusedEvent.ID) async throws -> RefusedEvent? {
        guard id > .min else { return nil }
        return try await list(limit: 1, after: id - 1).first { $0.id == id }
    }

    /// Puts an event back into the outbox, as the newest of its key: events of the key that were published after it may have gone
    /// ahead of it. The relay looks at it again, and may refuse it again.
    ///
    /// - Parameters:
    ///   - correction: New values for some of its attributes. The record keeps the old ones.
    ///   - by: Who.
    /// - Returns: Whether it was there.
    /// - Throws: `OperationRefused` where the outbox does not take it, or the version is none.
    @discardableResult
    public func retry(
        id: RefusedEvent.ID,
        correction: RefusedEvent.Correction = .init(),
        by: String
    ) async throws -> Bool {
        let data = correction.data.map { String(decoding: $0, as: UTF8.self) }
        let version = try correction.version.map { version in
            guard EventVersion.numbers.contains(version) else {
                throw OperationRefused(
                    reason: "the version is \(version), expected 1 to \(Int32.max)",
                    advice: .giveKnownVersion
                )
            }
            return Int32(clamping: version)
        }
        // Data and constraints: the row is to blame, and no server.
        let telling: @Sendable (PostgresError) -> OperationRefused? = { error in
            guard let state = error.sqlState, ["22", "23"].contains(state.rawValue.prefix(2)) else { return nil }
            return OperationRefused(
                reason: "the outbox does not take it: \(error.constraint ?? error.message)",
                advice: .correctOrDiscard
            )
        }
        return try await database.change(telling: telling) { tx in
            let back = try tx.query(
                """
                WITH gone AS (
                    DELETE FROM perch.refused_events WHERE id = \(id) RETURNING *
                ), recorded AS (
                    INSERT INTO perch.operations (operator, action, group_name, target, details)
                    SELECT \(by), 'retry_refused', NULL, 'refused event ' || id, jsonb_build_object('reason', reason, 'topic', topic,
                        'event_id', event_id, 'type', type, 'version', version, 'key', key, 'time', time::text,
                        'data', data::text)
                    FROM gone
                )
                INSERT INTO perch.outbox (topic, event_id, type, version, key, time, traceparent, data)
                SELECT topic, event_id, coalesce(\(correction.type), type), coalesce(\(version), version),
                    coalesce(\(correction.key), key), coalesce(\(correction.time), time), traceparent,
                    coalesce(\(data)::json, data)
                FROM gone
                RETURNING sequence
                """
            ) { try $0.decode("sequence", as: Int64.self) }
            OutboxSignal.raise(afterCommitOf: tx)
            return !back.isEmpty
        }
    }

    /// Gives an event up: nobody ever sees it. The record of the change keeps the event with its data.
    ///
    /// - Parameters:
    ///   - reason: Why, for the record.
    ///   - by: Who.
    /// - Returns: Whether it was there.
    @discardableResult
    public func discard(id: RefusedEvent.ID, reason: String, by: String) async throws -> Bool {
        try await database.change { tx in
            try tx.query(
                """
                WITH gone AS (
                    DELETE FROM perch.refused_events WHERE id = \(id) RETURNING *
                )
                INSERT INTO perch.operations (operator, action, group_name, target, details)
                SELECT \(by), 'discard_refused', NULL, 'refused event ' || id, jsonb_build_object('reason', \(reason)::text,
                    'refused', reason, 'topic', topic, 'event_id', event_id, 'type', type, 'version', version, 'key', key,
                    'time', time::text, 'data', data::text)
                FROM gone
                RETURNING id
                """
            ) { try $0.decode("id", as: Int64.self) }.count == 1
        }
    }
}
