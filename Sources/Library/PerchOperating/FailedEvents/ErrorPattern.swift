public import Perch
public import Postgres

/// What the errors of several failed events have in common: the first line, with `…` in place of numbers and UUIDs.
public struct ErrorPattern: Sendable, Hashable {
    /// The pattern. At most 300 characters of the first line are compared.
    public let text: String
    /// The type of the events: the same error of two types is two patterns.
    public let type: EventType
    /// How many events have it, by state.
    public let counts: [FailedEvent.State: Int]
    /// Of how many keys they are.
    public let keys: Int
    /// The one that came here last.
    public let newest: FailedEvent.ID
    /// When the first and the last of them failed.
    public let failedAt: ClosedRange<Timestamp>

    /// The pattern of a row `f` of `perch.failed_events`.
    static let ofRow: StaticString =
        """
        regexp_replace(left(split_part(f.error, chr(10), 1), 300),
            '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9]+', '…', 'g')
        """
}

extension FailedEvents {
    /// The errors of failed events, one line for all that differ only in numbers and ids.
    public struct ErrorPatterns: Sendable, Hashable {
        /// The one that most events have first.
        public let patterns: [ErrorPattern]
        /// There are more patterns than were asked for, or more events than were looked at.
        public let isCut: Bool
    }

    /// The errors of failed events and dead letters. Held events have no error of their own and are left out.
    ///
    /// - Parameters:
    ///   - limit: The most patterns. Default 50.
    ///   - depth: How many events are looked at, the newest. Default 100,000.
    public func errors(
        filter: Filter = Filter(),
        limit: Int = 50,
        depth: Int = 100_000
    ) async throws -> ErrorPatterns {
        struct Line: Sendable {
            let pattern: ErrorPattern
            let lookedAt: Int
        }
        let lines = try await query(
            """
            WITH looked_at AS (
                SELECT f.id, f.type, f.state, f.failed_at, f.error, f.topic, f.subject FROM perch.failed_events f
                WHERE f.group_name = \(group) AND \(matching: filter) ORDER BY f.id DESC LIMIT \(Int64(depth))
            )
            SELECT \(raw: ErrorPattern.ofRow) AS pattern, f.type,
                count(*) FILTER (WHERE f.state = 'failed') AS failed, count(*) FILTER (WHERE f.state = 'dead') AS dead,
                count(DISTINCT (f.topic, f.subject)) AS keys, max(f.id) AS newest, min(f.failed_at) AS first, max(f.failed_at) AS last,
                (SELECT count(*) FROM looked_at) AS looked_at
            FROM looked_at f WHERE f.state <> 'held' GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2 LIMIT \(Int64(min(limit, 1_000_000)) + 1)
            """
        ) { row in
            let failed = try row.decode("failed", as: Int.self)
            let dead = try row.decode("dead", as: Int.self)
            let first = try row.decode("first", as: Timestamp.self)
            return Line(
                pattern: ErrorPattern(
                    text: try row.decode("pattern"),
                    type: try row.decode("type"),
                    counts: [FailedEvent.State.failed: failed, .dead: dead].filter { $0.value > 0 },
                    keys: try row.decode("keys"),
                    newest: try row.decode("newest"),
                    failedAt: first...max(first, try row.decode("last"))
                ),
                lookedAt: try row.decode("looked_at")
            )
        }
        return ErrorPatterns(
            patterns: lines.prefix(limit).map(\.pattern),
            isCut: lines.count > limit || (lines.first?.lookedAt ?? 0) >= depth
        )
    }
}
