import Postgres

/// Writes down what a group's program declares of its subscriptions, for tools that do not have its handlers.
struct SubscriptionStore {
    let connection: PostgresConnection

    /// The program that started last is believed; what it no longer subscribes to stays as it was.
    func declare(_ group: ConsumerGroup) throws {
        let subscriptions = group.subscriptions.sorted { $0.topic < $1.topic }
        try connection.execute(
            """
            INSERT INTO perch.subscriptions AS s (topic, group_name, is_idempotent, has_reset, limit_name)
            SELECT topic, \(group.name), is_idempotent, \(group.reset != nil), limit_name
            FROM unnest(
                \(subscriptions.map(\.topic)), \(subscriptions.map(\.isIdempotent)),
                \(subscriptions.map(\.limit?.name.rawValue))
            ) AS d (topic, is_idempotent, limit_name)
            ON CONFLICT (group_name, topic) DO UPDATE
            SET is_idempotent = excluded.is_idempotent, has_reset = excluded.has_reset,
                limit_name = excluded.limit_name, declared_at = clock_timestamp()
            WHERE (s.is_idempotent, s.has_reset, s.limit_name)
                IS DISTINCT FROM (excluded.is_idempotent, excluded.has_reset, excluded.limit_name)
            """
        )
        try LimitStore(group: group.name).declare(group.limits, on: connection)
    }
}
