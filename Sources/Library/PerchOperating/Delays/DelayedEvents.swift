public import FoundationEssentials
import Perch
public import PerchProtocol
public import Postgres

/// Lists and cancels the delayed events of a service.
///
/// A cancellation and its record in `perch.operations` commit together. Every call can be repeated, and several operators can make
/// it at once.
public struct DelayedEvents: Sendable {
    private let database: OperatorDatabase

    /// `count` goes no further.
    public static let countedAtMost = 100_000

    /// - Parameter database: The one of the service that publishes them.
    public init(_ database: Database) { self.database = .pool(database) }

    /// The delayed events of a service of the system. Its errors are `ServerProblem`s.
    ///
    /// Connects when first asked.
    public init(_ system: OperatedSystem, of service: String) { database = .linked(system, service: service) }

    /// The next ones to become due, in that order.
    ///
    /// - Parameters:
    ///   - topic: Only of this topic. Default nil: of all.
    ///   - key: Only of this key. Default nil: of all.
    ///   - limit: The most events. Default 100.
    public func list(topic: TopicName? = nil, key: String? = nil, limit: Int = 100) async throws -> [DelayedEvent] {
        try await database.query(
            """
            SELECT \(raw: Self.columns) FROM perch.delayed_events
            WHERE (\(topic)::text IS NULL OR topic = \(topic)) AND (\(key)::text IS NULL OR key = \(key))
            ORDER BY due_at, sequence LIMIT \(Int64(limit))
            """
        ) { try DelayedEvent($0) }
    }

    /// How many there are, counted up to `countedAtMost`.
    public func count(topic: TopicName? = nil, key: String? = nil) async throws -> Int {
        try await database.query(
            """
            SELECT count(*) AS n FROM (
                SELECT FROM perch.delayed_events
                WHERE (\(topic)::text IS NULL OR topic = \(topic)) AND (\(key)::text IS NULL OR key = \(key))
                LIMIT \(Int64(Self.countedAtMost))
            ) AS counted
            """
        ) { try $0.decode("n", as: Int.self) }.first ?? 0
    }

    /// The delayed event of this id; nil if none waits.
    public func event(id: UUID) async throws -> DelayedEvent? {
        try await database.query(
            "SELECT \(raw: Self.columns) FROM perch.delayed_events WHERE event_id = \(id)"
        ) { try DelayedEvent($0) }.first
    }

    /// Takes an event back: it is never published. The record of the change keeps the event with its data.
    ///
    /// - Parameter by: Who.
    /// - Returns: Whether it still waited.
    @discardableResult
    public func cancel(id: UUID, by: String) async throws -> Bool {
        try await database.change { tx in
            try tx.query(
                """
                WITH gone AS (
                    DELETE FROM perch.delayed_events WHERE event_id = \(id) RETURNING *
                )
                INSERT INTO perch.operations (operator, action, group_name, target, details)
                SELECT \(by), 'cancel_delayed', NULL, 'delayed event ' || event_id, jsonb_build_object('topic', topic,
                    'event_id', event_id, 'type', type, 'version', version, 'key', key, 'due_at', due_at::text,
                    'asked_at', asked_at::text, 'data', data::text)
                FROM gone
                RETURNING id
                """
            ) { try $0.decode("id", as: Int64.self) }.count == 1
        }
    }

    private static let columns: StaticString =
        "event_id, topic, type, version, key, due_at, asked_at, traceparent, data::text AS data"
}
