import FoundationEssentials
import Perch
import Postgres
import StrictJSON

/// The statements by which a group's database is looked into.
struct OperatingStore {
    let connection: PostgresConnection

    /// Another text for each database: several services may have the same. By which address it was reached does not matter.
    func identity() throws -> String {
        try connection.query(
            """
            SELECT d.oid || ' ' || pg_postmaster_start_time() AS identity FROM pg_database d WHERE d.datname = current_database()
            """
        ) { try $0.decode("identity", as: String.self) }.first ?? ""
    }

    func workers(of group: GroupName) throws -> [WorkerStatus] {
        try connection.query(
            """
            SELECT w.worker, w.host, w.pid, w.started_at,
                greatest(0, extract(epoch FROM clock_timestamp() - w.heartbeat_at))::float8 AS silence,
                coalesce((
                    SELECT array_agg(l.topic || ':' || l.partition ORDER BY l.topic, l.partition) FROM perch.leases l
                    WHERE l.group_name = w.group_name AND l.owner = w.worker
                        AND coalesce(w.expires_at, l.expires_at) >= clock_timestamp()
                ), ARRAY[]::text[]) AS partitions
            FROM perch.workers w WHERE w.group_name = \(group) ORDER BY w.worker LIMIT 1000
            """
        ) { row in
            WorkerStatus(
                group: group,
                name: try row.decode("worker"),
                host: try row.decode("host"),
                pid: Int(try row.decode("pid", as: Int32.self)),
                startedAt: try row.decode("started_at"),
                silence: .seconds(try row.decode("silence", as: Double.self)),
                partitions: try row.decode("partitions", as: [String].self).compactMap { Partition(parsing: $0) }
            )
        }
    }

    func subscriptions(of group: GroupName) throws -> [TopicName: DeclaredSubscription] {
        let limits = try limits(of: group)
        let rows = try connection.query(
            "SELECT topic, is_idempotent, has_reset FROM perch.subscriptions WHERE group_name = \(group)"
        ) { row in
            let topic = try row.decode("topic", as: TopicName.self)
            return (
                topic,
                DeclaredSubscription(
                    isIdempotent: try row.decode("is_idempotent"),
                    hasReset: try row.decode("has_reset"),
                    limit: limits[topic]
                )
            )
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// By topic. None where the database is of a release that has no limits.
    private func limits(of group: GroupName) throws -> [TopicName: DeclaredLimit] {
        let isKnown = try connection.query("SELECT to_regclass('perch.limits') IS NOT NULL AS is_known") {
            try $0.decode("is_known", as: Bool.self)
        }
        guard isKnown.first == true else { return [:] }
        let rows = try connection.query(
            """
            SELECT s.topic, l.limit_name, l.per_second, l.burst, l.at_a_time,
                coalesce(l.waited_until > clock_timestamp(), false) AS is_waited_for
            FROM perch.subscriptions s JOIN perch.limits l USING (group_name, limit_name) WHERE s.group_name = \(group)
            """
        ) { row in
            (
                try row.decode("topic", as: TopicName.self),
                DeclaredLimit(
                    limit: WorkLimit(
                        try row.decode("limit_name", as: LimitName.self),
                        perSecond: try row.decodeIfPresent("per_second", as: Double.self),
                        burst: Int(try row.decode("burst", as: Int32.self)),
                        atATime: try row.decodeIfPresent("at_a_time", as: Int32.self).map(Int.init)
                    ),
                    isWaitedFor: try row.decode("is_waited_for")
                )
            )
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// What the group has failed at of these events, by id.
    func failures(of events: [UUID], in group: GroupName) throws -> [UUID: EventJourney.Failure] {
        let rows = try connection.query(
            """
            SELECT event_id, state, error, attempts, failed_at, original_payload IS NOT NULL AS is_corrected
            FROM perch.failed_events
            WHERE group_name = \(group) AND event_id = ANY (\(events)) ORDER BY id
            """
        ) { row in
            (
                try row.decode("event_id", as: UUID.self),
                EventJourney.Failure(
                    state: try row.decode("state"),
                    error: try row.decode("error"),
                    attempts: Int(try row.decode("attempts", as: Int32.self)),
                    at: try row.decode("failed_at"),
                    isCorrected: try row.decode("is_corrected")
                )
            )
        }
        return Dictionary(rows) { $1 }
    }

    /// - Parameters:
    ///   - group: Whose state is changed; nil: a topic's.
    ///   - details: What was done, for who reads the record later.
    ///   - operation: The larger operation this belongs to. Default: none.
    func record(
        _ action: String,
        by name: String,
        of group: GroupName?,
        target: String,
        details: some Encodable,
        operation: UUID? = nil,
        in tx: borrowing Transaction
    ) throws {
        let details = JSONB(text: String(decoding: try JSONCoding.encode(details), as: UTF8.self))
        try tx.execute(
            """
            INSERT INTO perch.operations (operator, action, group_name, target, details)
            VALUES (\(name), \(action), \(group), \(target), \(details) || \(of: operation))
            """
        )
    }
}
