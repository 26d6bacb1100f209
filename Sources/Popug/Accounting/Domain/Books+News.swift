public import Foundation
import PopugEvents
public import Postgres

extension Books {
    /// What has come to accounts since their entries of these ids: one query for all of them, and one more where there is something.
    ///
    /// - Parameters:
    ///   - entries: The last entry that is known of each account; 0: none.
    ///   - limit: How many entries of an account are told at most. Default: 50.
    /// - Returns: Only accounts that have something new.
    /// - Throws: `PostgresError`.
    public func news(
        since entries: [UUID: Int64],
        limit: Int = 50,
        in database: Database
    ) async throws -> [AccountNews] {
        guard !entries.isEmpty else { return [] }
        let watched = entries.map { (user: $0.key, last: $0.value) }
        return try await database.transaction(isolation: .repeatableRead) { tx in
            var found: [UUID: [AccountNews.Entry]] = [:]
            _ = try tx.query(
                """
                SELECT w.user_id, l.*
                FROM unnest(\(watched.map(\.user)), \(watched.map(\.last))) AS w (user_id, last)
                CROSS JOIN LATERAL (
                    SELECT business_day, entry_id, kind, ticket_id, title, amount, balance_after, at
                    FROM accounting.ledger
                    WHERE user_id = w.user_id AND entry_id > w.last ORDER BY entry_id DESC LIMIT \(limit)
                ) AS l
                ORDER BY w.user_id, l.entry_id DESC
                """
            ) { row in
                let entry = AccountNews.Entry(day: try row.decode("business_day"), entry: try LedgerEntry(row))
                found[try row.decode("user_id", as: UUID.self), default: []].append(entry)
            }
            guard !found.isEmpty else { return [] }
            return try tx.query(
                """
                SELECT a.user_id, a.balance, \(raw: Self.earnedToday) AS earned_today
                FROM accounting.accounts a, (SELECT (\(now()) AT TIME ZONE \(zone))::date AS today, \(zone) AS zone) AS d
                WHERE a.user_id = ANY (\(Array(found.keys))) ORDER BY a.user_id
                """
            ) { row in
                let user = try row.decode("user_id", as: UUID.self)
                return AccountNews(
                    statement: AccountStatement(
                        userID: user,
                        balance: Money(cents: try row.decode("balance")),
                        earnedToday: Money(cents: try row.decode("earned_today"))
                    ),
                    entries: found[user] ?? []
                )
            }
        }
    }
}
