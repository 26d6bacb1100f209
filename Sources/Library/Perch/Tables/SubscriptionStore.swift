import Postgres

/// Writes down what a group's program declares of its subscriptions, for tools that do not have its handlers.
struct SubscriptionStore {
    let connection: PostgresConnection

    /// The program that started last is believed; what it no longer subscribes to stays as it was.
    func declare(_ group: ConsumerGroup) throws {
        let subscriptions = group.subscriptions.sorted { $0.topic < $1.topic }
        try connection.execute(
            """
            INSERT INTO perch.subscriptions AS s (topic, group_name, is_idempotent, has_reset)
            SELECT topic, \(group.name), is_idempotent, \(group.reset != nil)
            FROM unnest(\(subscriptions.map(\.topic)), \(subscriptions.map(\.isIdempotent)))
                AS d (topic, is_idempotent)
            ON CONFLICT (group_name, topic) DO UPDATE
            SET is_idempotent = excluded.is_idempotent, has_reset = excluded.has_reset, declared_at = clock_timestamp()
            WHERE (s.is_idempotent, s.has_reset) IS DISTINCT FROM (excluded.is_idempotent, excluded.has_reset)
            """
        )
    }
}
