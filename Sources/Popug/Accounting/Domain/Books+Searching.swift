import Foundation
import PopugEvents
public import Postgres
public import ServiceKit

extension Books {
    /// How many rows a page of a list has.
    public static let pageLength = 50

    /// Accounts in the order of their names, with the sums of all that are found.
    ///
    /// - Parameter place: Which page; default: the first.
    /// - Throws: `PostgresError`.
    public func search(
        _ search: AccountSearch,
        at place: ListPlace<AccountKey> = .start,
        in database: Database
    ) async throws -> FoundAccounts {
        // What is shown belongs to one moment: the sums are those of the lines.
        try await database.transaction(isolation: .repeatableRead) { tx in
            // With the values known a condition that asks for nothing is left out.
            try tx.execute("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")
            let lines = try tx.query(self.lines(of: search, at: place)) { row in
                let account = try Account(row)
                return FoundAccounts.Line(
                    account: account,
                    earnedToday: Money(cents: try row.decode("earned_today")),
                    key: AccountKey(name: try row.decode("sort_name"), userID: account.userID)
                )
            }
            let sums = try tx.query(self.sums(of: search)) { row in
                FoundAccounts.Sums(
                    accounts: try row.decode("accounts"),
                    balance: Money(cents: try row.decode("balance")),
                    belowZero: try row.decode("below_zero"),
                    debt: Money(cents: try row.decode("debt")),
                    earnedToday: Money(cents: try row.decode("earned_today"))
                )
            }
            return FoundAccounts(page: ListPage(lines, at: place, limit: Self.pageLength, key: \.key), sums: sums[0])
        }
    }

    private func lines(of search: AccountSearch, at place: ListPlace<AccountKey>) -> SQL {
        let (pattern, first, last) = (search.text?.pattern, search.text?.firstID, search.text?.lastID)
        let (after, before) = (place.after, place.before)
        return """
            SELECT a.*, \(raw: Self.earnedToday) AS earned_today
            FROM (
                SELECT n.*, b.before_name FROM (\(raw: Self.named)) AS n, (
                    SELECT \(after?.name) AS after_name, \(after?.userID) AS after_id,
                        \(before?.name) AS before_name, \(before?.userID) AS before_id
                ) AS b
                WHERE (\(pattern) IS NULL OR name ILIKE \(pattern) OR user_id BETWEEN \(first) AND \(last))
                    AND (NOT \(search.isBelowZero) OR balance < 0) AND \(raw: Self.within)
                ORDER BY \(raw: Self.order) LIMIT \(Self.pageLength + 1)
            ) AS a, (SELECT (\(now()) AT TIME ZONE \(zone))::date AS today, \(zone) AS zone) AS d
            ORDER BY \(raw: Self.order)
            """
    }

    /// All accounts are read for it, and the entries of today: a few hundred pages at most.
    private func sums(of search: AccountSearch) -> SQL {
        let (pattern, first, last) = (search.text?.pattern, search.text?.firstID, search.text?.lastID)
        // Summed once, whatever is guessed of how many there are: beside each account it would be summed anew.
        return """
            WITH t AS MATERIALIZED (
                SELECT user_id, sum(amount) AS earned
                FROM accounting.ledger, (SELECT (\(now()) AT TIME ZONE \(zone))::date AS today) AS d
                WHERE kind <> 'wage' AND business_day >= d.today - 1 AND (at AT TIME ZONE \(zone))::date = d.today
                GROUP BY user_id
            )
            SELECT count(*) AS accounts, coalesce(sum(balance), 0)::bigint AS balance,
                count(*) FILTER (WHERE balance < 0) AS below_zero,
                coalesce(sum(balance) FILTER (WHERE balance < 0), 0)::bigint AS debt,
                coalesce(sum(earned), 0)::bigint AS earned_today
            FROM (\(raw: Self.named)) AS a
            LEFT JOIN t USING (user_id)
            WHERE (\(pattern) IS NULL OR name ILIKE \(pattern) OR user_id BETWEEN \(first) AND \(last))
                AND (NOT \(search.isBelowZero) OR balance < 0)
            """
    }

    /// Accounts with the name that is shown, and the one that they are ordered by.
    private static let named: StaticString = """
        SELECT user_id, n.name, lower(n.name) AS sort_name, role, balance FROM accounting.accounts a,
            LATERAL (SELECT coalesce(a.name, left(a.user_id::text, 8)) AS name) AS n
        """
}
