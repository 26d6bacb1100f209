public import FoundationEssentials
import Perch
import Postgres
import StrictJSON

extension FailedEvents {
    /// What a change of many has done.
    public struct Changed: Sendable, Hashable {
        /// How many were changed by this call.
        public let count: Int
        /// The last of them, after which the next call goes on; nil if none was changed.
        public let last: FailedEvent.ID?
    }

    /// What a correction has come to.
    public enum Correction: Sendable, Hashable {
        /// The event is due with its new data.
        case done
        /// It lies there no longer: it has taken effect, or was discarded.
        case gone
        /// It has changed since the correction was written: nothing was done.
        case changed
    }

    /// Makes failed events and dead letters due now; a dead letter begins anew with all its attempts.
    ///
    /// Held events are left as they are: they follow the first of their key. What is due already is not counted.
    /// - Parameters:
    ///   - by: Who, for the record.
    ///   - operation: The larger operation this belongs to, for the record; all its calls have the same. Default: none.
    ///   - limit: The most events in this call, which is one transaction. Default 1,000: with more, go on `after` the last.
    public func retry(
        filter: Filter,
        by: String,
        operation: UUID? = nil,
        limit: Int = 1000,
        after: FailedEvent.ID? = nil
    ) async throws -> Changed {
        try await change { tx in
            let retried = try tx.query(
                """
                UPDATE perch.failed_events SET state = 'failed', next_attempt_at = clock_timestamp(),
                    attempts = CASE WHEN state = 'dead' THEN 0 ELSE attempts END
                WHERE id IN (
                    SELECT f.id FROM perch.failed_events f
                    WHERE f.id > \(after ?? 0) AND f.group_name = \(group)
                        AND (f.state = 'dead' OR f.state = 'failed' AND f.next_attempt_at > clock_timestamp())
                        AND \(matching: filter)
                    ORDER BY f.id LIMIT \(Int64(limit)) FOR UPDATE
                )
                RETURNING id, topic, partition
                """,
                ChangedRow.init
            )
            guard let last = retried.map(\.id).max() else { return Changed(count: 0, last: nil) }
            try tell(of: retried, in: tx)
            try tx.execute(
                """
                INSERT INTO perch.operations (operator, action, group_name, target, details)
                VALUES (\(by), 'retry_failed', \(group), \(filter.description), jsonb_build_object('count', \(Int64(retried.count)),
                    'ids', to_jsonb(\(retried.map(\.id).sorted()))) || \(of: operation))
                """
            )
            return Changed(count: retried.count, last: last)
        }
    }

    /// Retries an event with other data, for example with a field that its publisher had left out. What was delivered is kept.
    ///
    /// A held event keeps its place behind the others of its key.
    /// - Parameters:
    ///   - payload: A JSON object of at most 64 KiB.
    ///   - operation: The larger operation this belongs to, for the record. Default: none.
    ///   - ifRevision: The revision that was corrected: if the event has another one by now, it is not changed. Default nil: it is changed
    ///     in any case.
    /// - Throws: `InvalidPayload`; `PostgresError`.
    @discardableResult
    public func retry(
        id: FailedEvent.ID,
        payload: [UInt8],
        by: String,
        operation: UUID? = nil,
        ifRevision: FailedEvent.Revision? = nil
    ) async throws -> Correction {
        guard payload.count <= Envelope.Limits.data else {
            throw InvalidPayload(reason: "it has \(payload.count) bytes, and \(Envelope.Limits.data) are allowed")
        }
        guard (try? JSONDocument(payload))?.root.kind == .object else {
            throw InvalidPayload(reason: "it is not a JSON object")
        }
        return try await change { tx in
            let found = try tx.query(
                """
                SELECT \(raw: FailedEvent.columns) FROM perch.failed_events f
                WHERE f.id = \(id) AND f.group_name = \(group) FOR UPDATE
                """
            ) { FailedEvent.Revision(rawValue: try $0.decode("revision")) }
            guard let revision = found.first else { return .gone }
            guard ifRevision == nil || ifRevision == revision else { return .changed }
            let changed = try tx.query(
                """
                WITH corrected AS (
                    UPDATE perch.failed_events SET original_payload = coalesce(original_payload, payload),
                        payload = \(payload), next_attempt_at = CASE WHEN state <> 'held' THEN clock_timestamp() END,
                        attempts = CASE WHEN state = 'dead' THEN 0 ELSE attempts END,
                        state = CASE WHEN state = 'held' THEN 'held' ELSE 'failed' END
                    WHERE id = \(id) AND group_name = \(group) RETURNING *
                ), recorded AS (
                    INSERT INTO perch.operations (operator, action, group_name, target, details)
                    SELECT \(by), 'retry_corrected', group_name, 'failed event ' || id, jsonb_build_object(
                        'event_id', event_id, 'payload', encode(payload, 'base64'),
                        'original_payload', encode(original_payload, 'base64')) || \(of: operation)
                    FROM corrected
                )
                SELECT id, topic, partition FROM corrected
                """,
                ChangedRow.init
            )
            try tell(of: changed, in: tx)
            return .done
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
        var one = Filter()
        one.ids = [id]
        return try await discard(filter: one, reason: reason, by: by).count == 1
    }

    /// Gives events up, held ones too, and lets what is held behind them go on. Each is kept in its record with its data.
    ///
    /// - Parameters:
    ///   - reason: Why, for the records.
    ///   - by: Who.
    ///   - operation: The larger operation this belongs to, for the records; all its calls have the same. Default: none.
    ///   - limit: The most events in this call, which is one transaction. Default 1,000: with more, go on `after` the last.
    public func discard(
        filter: Filter,
        reason: String,
        by: String,
        operation: UUID? = nil,
        limit: Int = 1000,
        after: FailedEvent.ID? = nil
    ) async throws -> Changed {
        try await change { tx in
            let discarded = try tx.query(
                """
                WITH gone AS (
                    DELETE FROM perch.failed_events WHERE id IN (
                        SELECT f.id FROM perch.failed_events f
                        WHERE f.id > \(after ?? 0) AND f.group_name = \(group) AND \(matching: filter)
                        ORDER BY f.id LIMIT \(Int64(limit)) FOR UPDATE
                    ) RETURNING *
                ), recorded AS (
                    INSERT INTO perch.operations (operator, action, group_name, target, details)
                    SELECT \(by), 'discard_failed', group_name, 'failed event ' || id, jsonb_build_object('reason', \(reason)::text,
                        'event', to_jsonb(gone) - 'payload' - 'original_payload',
                        'payload', encode(payload, 'base64')) || \(of: operation)
                    FROM gone ORDER BY id
                )
                SELECT id, topic, partition FROM gone
                """,
                ChangedRow.init
            )
            try tell(of: discarded, in: tx)
            return Changed(count: discarded.count, last: discarded.map(\.id).max())
        }
    }

    private struct ChangedRow {
        let id: Int64
        let topic: String
        let partition: Int32

        init(_ row: borrowing Row) throws {
            (id, topic) = (try row.decode("id"), try row.decode("topic"))
            partition = try row.decode("partition")
        }
    }

    /// The owners of these partitions look again.
    private func tell(of changed: [ChangedRow], in tx: borrowing Transaction) throws {
        guard !changed.isEmpty else { return }
        try tx.execute(
            """
            INSERT INTO perch.failure_revisions AS r (group_name, topic, partition, revision)
            SELECT DISTINCT \(group), topic, partition, 1::bigint
            FROM unnest(\(changed.map(\.topic)), \(changed.map(\.partition))) AS c (topic, partition)
            ORDER BY topic, partition
            ON CONFLICT (group_name, topic, partition) DO UPDATE SET revision = r.revision + 1
            """
        )
    }
}
