import Foundation
import Postgres
import ServiceKit

extension Reports {
    /// How many rows a page of a list has.
    static let pageLength = 50

    /// The employees below zero, the lowest balance first.
    ///
    /// - Parameter place: Which page; default: the first.
    func debtors(
        at place: ListPlace<Debtor.Key> = .start,
        in database: Database
    ) async throws -> ListPage<Debtor, Debtor.Key> {
        let rows = try await database.query(debtors(at: place)) { row in
            Debtor(
                userID: try row.decode("user_id"),
                name: try row.decode("name"),
                balance: try row.decode("balance"),
                since: try row.decode("since")
            )
        }
        return ListPage(rows, at: place, limit: Self.pageLength, key: \.key)
    }

    private func debtors(at place: ListPlace<Debtor.Key>) -> SQL {
        let limit = Self.pageLength + 1
        switch place {
        case .start, .after:
            let from: Debtor.Key? = if case .after(let key) = place { key } else { nil }
            return """
                SELECT b.user_id, b.name, b.balance, s.since FROM (
                    SELECT user_id, coalesce(name, left(user_id::text, 8)) AS name, balance FROM analytics.users
                    WHERE role = 'employee' AND balance < 0
                        AND (\(from?.balance) IS NULL OR (balance, user_id) > (\(from?.balance), \(from?.userID)))
                    ORDER BY balance, user_id LIMIT \(limit)
                ) AS b \(raw: Self.since) ORDER BY b.balance, b.user_id
                """
        case .before(let key):
            return """
                SELECT b.user_id, b.name, b.balance, s.since FROM (
                    SELECT user_id, coalesce(name, left(user_id::text, 8)) AS name, balance FROM analytics.users
                    WHERE role = 'employee' AND balance < 0 AND (balance, user_id) < (\(key.balance), \(key.userID))
                    ORDER BY balance DESC, user_id DESC LIMIT \(limit)
                ) AS b \(raw: Self.since) ORDER BY b.balance DESC, b.user_id DESC
                """
        }
    }

    /// The day after the last one at whose end the balance was not below zero.
    private static let since: StaticString = """
        CROSS JOIN LATERAL (
            SELECT min(day) AS since FROM (
                SELECT day, max(day) FILTER (WHERE reached >= 0) OVER () AS last_good FROM (
                    SELECT day,
                        sum(sum(CASE kind WHEN 'reward' THEN amount ELSE -amount END)) OVER (ORDER BY day) AS reached
                    FROM analytics.movements WHERE user_id = b.user_id AND amount IS NOT NULL GROUP BY day
                ) AS r
            ) AS d
            WHERE day > coalesce(last_good, '-infinity')
        ) AS s
        """
}
