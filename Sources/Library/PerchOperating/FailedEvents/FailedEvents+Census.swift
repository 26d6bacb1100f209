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
    }

    /// How many there are, and where the count ended.
    public struct Census: Sendable, Hashable {
        /// By state; states that none is in are left out.
        public let counts: [FailedEvent.State: Int]
        /// For `Filter.upTo`, so that exactly these are changed; nil: there are none.
        public let end: Mark?
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
