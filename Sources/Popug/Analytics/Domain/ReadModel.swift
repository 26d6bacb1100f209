import Foundation
import Perch
import Postgres

/// The tables of analytics: facts as the events tell them, and sums that follow from those that are complete.
struct ReadModel: Sendable {
    /// Where a day begins and ends.
    let timeZone: TimeZone

    /// Lets the transaction write, after all that did so before it.
    ///
    /// All workers add to the same sums, and a round runs several handlers, so no order of row locks would hold across it.
    /// Workers take turns instead, a round at a time. Each handler asks for its turn before anything else.
    /// - Throws: `OtherTimeZone` if what is there was counted by the days of another time zone.
    func open(in tx: borrowing Transaction) throws {
        try takeTurn(in: tx)
        // Each statement is planned once, to look rows up by their keys, also while the tables are small.
        try tx.execute(
            """
            SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
                set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)
            """
        )
        let found = try tx.query("SELECT time_zone FROM analytics.calendar") { try $0.decode(0, as: String.self) }.first
        guard let found else { return try begin(in: tx) }
        guard found == timeZone.identifier else { throw OtherTimeZone(found: found, wanted: timeZone.identifier) }
    }

    /// Whose checkpoints tell how far it is.
    static let group: GroupName = "analytics"

    /// Empties it, and settles whose days count from here on. Up to where it had come is noted: until it is there again, its
    /// numbers are incomplete.
    func empty(in tx: borrowing Transaction) throws {
        try takeTurn(in: tx)
        // Where it is emptied once more before it was there again, it still has to come as far.
        try tx.execute(
            """
            INSERT INTO analytics.rebuild AS r (topic, partition, target)
            SELECT topic, partition, position FROM perch.checkpoints WHERE group_name = \(Self.group.rawValue)
            ON CONFLICT (topic, partition) DO UPDATE SET target = greatest(r.target, excluded.target)
            """
        )
        try tx.execute(
            """
            TRUNCATE analytics.calendar, analytics.users, analytics.tickets, analytics.movements, analytics.earnings,
                analytics.wages, analytics.contradictions
            """
        )
        try begin(in: tx)
    }

    private func takeTurn(in tx: borrowing Transaction) throws {
        try tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('analytics.read_model', 0))")
    }

    private func begin(in tx: borrowing Transaction) throws {
        try tx.execute("INSERT INTO analytics.calendar (time_zone) VALUES (\(timeZone.identifier))")
    }

    /// Keeps events that contradict what is known, to be looked into.
    func save(_ contradictions: [Contradiction], in tx: borrowing Transaction) throws {
        guard !contradictions.isEmpty else { return }
        try tx.execute(
            """
            INSERT INTO analytics.contradictions (event_id, type, ticket_id, reason, at)
            SELECT * FROM unnest(
                \(contradictions.map(\.event.id)), \(contradictions.map(\.event.type.rawValue)),
                \(contradictions.map(\.ticket)), \(contradictions.map(\.reason)), \(contradictions.map(\.event.time))
            )
            ON CONFLICT (event_id) DO NOTHING
            """
        )
    }
}

/// The read model was counted by the days of another time zone. Nothing was changed.
public struct OtherTimeZone: Error, Hashable, Sendable, CustomStringConvertible {
    /// Whose days the read model has.
    public let found: String
    /// Whose days the setting asks for.
    public let wanted: String

    /// Says what to do.
    public var description: String {
        """
        the read model has the days of \(found) and PAYOUT_TIME_ZONE is \(wanted): \
        run popug analytics rebuild, or set it back
        """
    }
}
