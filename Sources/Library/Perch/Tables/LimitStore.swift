import Postgres

/// The statements on limits. Times are Postgres's, no other clock's.
struct LimitStore {
    let group: GroupName

    /// Each of these questions by a statement of its own.
    func ask(_ questions: [LimitQuestion], on connection: PostgresConnection) throws -> [LimitAnswer] {
        try questions.map { question in
            let limit = question.limit
            let answers = try connection.query(
                """
                SELECT allowed, wait_seconds, has_free_slot FROM perch.ask_limit(
                    \(group), \(limit.name), \(limit.perSecond), \(limit.burst)::int, \(limit.atATime)::int,
                    \(question.wanted)::int, \(question.unused)::int
                )
                """
            ) { row in
                LimitAnswer(
                    allowed: Int(try row.decode("allowed", as: Int32.self)),
                    wait: .seconds(try row.decode("wait_seconds", as: Double.self)),
                    hasFreeSlot: try row.decode("has_free_slot")
                )
            }
            guard let answer = answers.first else { throw SchemaProblem.missingValue("perch.ask_limit") }
            return answer
        }
    }

    /// A slot of each, for as long as the transaction lasts. It does not wait for one.
    func occupy(_ limits: [WorkLimit], in tx: borrowing Transaction) throws -> [LimitSlot] {
        var slots: [LimitSlot] = []
        for limit in limits {
            let taken = try tx.query(
                """
                SELECT coalesce((
                    SELECT l.waited_until > clock_timestamp() FROM perch.limits l
                    WHERE l.group_name = \(group) AND l.limit_name = \(limit.name)
                ), false) AS is_contested
                FROM perch.limit_slots s
                WHERE s.group_name = \(group) AND s.limit_name = \(limit.name) AND s.slot <= \(limit.atATime ?? .max)
                LIMIT 1 FOR UPDATE OF s SKIP LOCKED
                """
            ) { LimitSlot.taken(isContested: try $0.decode("is_contested")) }
            slots.append(taken.first ?? .none)
        }
        return slots
    }

    /// Writes down what the group's program has of limits. What it allows goes on as it was.
    func declare(_ limits: [WorkLimit], on connection: PostgresConnection) throws {
        guard !limits.isEmpty else { return }
        try connection.execute(
            """
            INSERT INTO perch.limits AS l (group_name, limit_name, per_second, burst, at_a_time, allowed)
            SELECT \(group), d.*, d.burst FROM unnest(
                \(limits.map(\.name)), \(limits.map(\.perSecond)), \(limits.map(\.burst)), \(limits.map(\.atATime))
            ) AS d (limit_name, per_second, burst, at_a_time)
            ON CONFLICT (group_name, limit_name) DO UPDATE
            SET per_second = excluded.per_second, burst = excluded.burst, at_a_time = excluded.at_a_time
            WHERE (l.per_second, l.burst, l.at_a_time)
                IS DISTINCT FROM (excluded.per_second, excluded.burst, excluded.at_a_time)
            """
        )
        try connection.execute(
            """
            INSERT INTO perch.limit_slots (group_name, limit_name, slot)
            SELECT \(group), d.limit_name, s.slot
            FROM unnest(\(limits.map(\.name)), \(limits.map(\.atATime))) AS d (limit_name, at_a_time)
            CROSS JOIN LATERAL generate_series(1, d.at_a_time) AS s (slot)
            ON CONFLICT DO NOTHING
            """
        )
    }
}
