import Perch
import Postgres

extension FailedEvents {
    /// Where a count ended: a change of many that is bound by it touches nothing that failed afterwards.
    public struct Mark: Sendable, Hashable {
        /// The greatest id that was counted.
        public let id: FailedEvent.ID
        /// Until when what was counted had failed, in microseconds since 1970: also of what lay there, held, and failed later.
        let microseconds: Int64?

        /// Only by id.
        public init(id: FailedEvent.ID) { (self.id, microseconds) = (id, nil) }

        init(id: FailedEvent.ID, microseconds: Int64) { (self.id, self.microseconds) = (id, microseconds) }

        /// What both let through.
        package func bounded(by other: Mark) -> Mark {
            let id = min(id, other.id)
            let times = [microseconds, other.microseconds].compactMap(\.self)
            return times.min().map { Mark(id: id, microseconds: $0) } ?? Mark(id: id)
        }

        /// What `description` has written; nil for any other text.
        public init?(_ text: String) {
            let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard let id = Int64(parts[0]), id >= 0 else { return nil }
            self.init(id: id)
            if parts.count == 2 {
                guard let microseconds = Int64(parts[1]), microseconds >= 0 else { return nil }
                self.init(id: id, microseconds: microseconds)
            }
        }
    }

    /// How many there are, and where the count ended.
    public struct Census: Sendable, Hashable {
        /// By state; states that none is in are left out.
        public let counts: [FailedEvent.State: Int]
        /// For `Filter.upTo`, so that exactly these are changed; nil: there are none.
        public let end: Mark?
    }

    /// How many held events wait behind these without being among them.
    public func behind(filter: Filter) async throws -> Int {
        try await query(
            """
            WITH chosen AS (
                SELECT f.id, f.topic, f.partition, f.subject, f.position FROM perch.failed_events f
                WHERE f.group_name = \(group) AND \(matching: filter)
            )
            SELECT count(*) AS n FROM perch.failed_events h
            WHERE h.group_name = \(group) AND h.state = 'held' AND NOT EXISTS (SELECT FROM chosen c WHERE c.id = h.id)
                AND EXISTS (
                    SELECT FROM chosen c WHERE c.topic = h.topic AND c.partition = h.partition
                        AND c.subject = h.subject AND c.position < h.position
                )
            """
        ) { try $0.decode("n", as: Int.self) }.first ?? 0
    }

    /// Counts, and marks where the count ended.
    public func census(filter: Filter = Filter()) async throws -> Census {
        // By the time at which the statement began: what fails while it counts is not counted, or lies past the mark.
        let rows = try await query(
            """
            SELECT f.state, count(*) AS n, max(f.id) AS last, (1000000 * extract(
                epoch FROM greatest(statement_timestamp(), max(f.failed_at))
            ))::bigint AS microseconds
            FROM perch.failed_events f WHERE f.group_name = \(group) AND \(matching: filter) GROUP BY f.state
            """
        ) { row in
            (
                FailedEvent.State(rawValue: try row.decode("state")) ?? .dead, try row.decode("n", as: Int.self),
                Mark(id: try row.decode("last"), microseconds: try row.decode("microseconds"))
            )
        }
        let counts = Dictionary(uniqueKeysWithValues: rows.map { ($0.0, $0.1) })
        guard let microseconds = rows.compactMap(\.2.microseconds).max(), let last = rows.map(\.2.id).max() else {
            return Census(counts: counts, end: nil)
        }
        return Census(counts: counts, end: Mark(id: last, microseconds: microseconds))
    }
}

extension FailedEvents.Mark: LosslessStringConvertible {
    /// For a program that asks again later: `17-1764550804000000`.
    public var description: String { microseconds.map { "\(id)-\($0)" } ?? "\(id)" }
}
