import Foundation
import Perch
import Postgres

extension ReadModel {
    /// Keeps movements that are new, and adds those whose amount is known to the sums.
    func add(_ movements: [Movement], in tx: borrowing Transaction) throws {
        guard !movements.isEmpty else { return }
        try tx.execute(
            """
            WITH complete AS (
                INSERT INTO analytics.movements AS m (event_id, user_id, ticket_id, kind, amount, day, at)
                SELECT e.event_id, e.user_id, e.ticket_id, e.kind, e.amount,
                    (e.at AT TIME ZONE \(timeZone.identifier))::date, e.at
                FROM unnest(
                    \(movements.map(\.cause)), \(movements.map(\.user)), \(movements.map(\.ticket)),
                    \(movements.map(\.kind.rawValue)), \(movements.map(\.amount)), \(movements.map(\.at))
                ) AS e (event_id, user_id, ticket_id, kind, amount, at)
                ON CONFLICT (event_id) DO NOTHING
                RETURNING m.user_id, m.kind, m.amount, m.day
            )\(raw: Self.sums)
            """
        )
    }

    /// Gives their amount to the movements that waited for the price of their ticket, and adds them to the sums.
    func settle(_ prices: [(ticket: UUID, price: TicketHistory.Price)], in tx: borrowing Transaction) throws {
        guard !prices.isEmpty else { return }
        try tx.execute(
            """
            WITH complete AS (
                UPDATE analytics.movements m
                SET amount = CASE m.kind WHEN 'commission' THEN p.commission ELSE p.reward END
                FROM unnest(
                    \(prices.map(\.ticket)), \(prices.map(\.price.commission)), \(prices.map(\.price.reward))
                ) AS p (ticket_id, commission, reward)
                WHERE m.ticket_id = p.ticket_id AND m.amount IS NULL
                RETURNING m.user_id, m.kind, m.amount, m.day
            )\(raw: Self.sums)
            """
        )
    }

    /// What follows from the rows of `complete`.
    private static let sums: StaticString = """
        , by_user AS (
            INSERT INTO analytics.users AS u (user_id, balance)
            SELECT user_id, sum(CASE kind WHEN 'reward' THEN amount ELSE -amount END)::bigint
            FROM complete WHERE amount IS NOT NULL GROUP BY user_id
            ON CONFLICT (user_id) DO UPDATE SET balance = u.balance + excluded.balance
        ), by_day AS (
            INSERT INTO analytics.earnings AS d (day, commissions, rewards)
            SELECT day, coalesce(sum(amount) FILTER (WHERE kind = 'commission'), 0)::bigint,
                coalesce(sum(amount) FILTER (WHERE kind = 'reward'), 0)::bigint
            FROM complete WHERE amount IS NOT NULL AND kind <> 'wage' GROUP BY day
            ON CONFLICT (day) DO UPDATE
            SET commissions = d.commissions + excluded.commissions, rewards = d.rewards + excluded.rewards
        )
        INSERT INTO analytics.wages AS d (day, count, total)
        SELECT day, count(*), sum(amount)::bigint FROM complete WHERE kind = 'wage' GROUP BY day
        ON CONFLICT (day) DO UPDATE SET count = d.count + excluded.count, total = d.total + excluded.total
        """
}
