import Foundation
import PopugEvents
public import Postgres
public import ServiceKit

extension Books {
    /// The business days that there are, the newest first: today, the closed ones, and those with entries that are not closed yet.
    ///
    /// - Parameter place: Which page; default: the first.
    /// - Throws: `PostgresError`.
    public func days(
        at place: ListPlace<CalendarDate> = .start,
        in database: Database
    ) async throws -> ListPage<DayRecord, CalendarDate> {
        try await database.transaction(isolation: .repeatableRead) { tx in
            let bounds = try DayBounds(zone: zone, now: now(), in: tx)
            let rows = try tx.query(records(bounds, at: place)) { row in
                let day = try row.decode("day", as: CalendarDate.self)
                return DayRecord(
                    day: day,
                    state: bounds.state(of: day),
                    closedAt: try row.decodeIfPresent("closed_at"),
                    paid: try row.decodeIfPresent("paid", as: Int64.self).map { paid in
                        ClosedDay(day: day, paid: paid, total: Money(cents: try row.decode("total")))
                    }
                )
            }
            return ListPage(rows, at: place, limit: Self.pageLength, key: \.day)
        }
    }

    /// Days before the last one that is paid have no entries, or are closed.
    private func records(_ bounds: DayBounds, at place: ListPlace<CalendarDate>) -> SQL {
        let limit = Self.pageLength + 1
        switch place {
        case .start, .after:
            let end: CalendarDate? = if case .after(let day) = place { day } else { nil }
            return """
                SELECT day, closed_at, paid, total FROM (
                    SELECT day FROM accounting.closed_days
                    UNION SELECT \(bounds.today)
                    UNION SELECT DISTINCT business_day FROM accounting.ledger
                    WHERE business_day > coalesce(\(bounds.paid), '-infinity')
                ) AS d
                LEFT JOIN accounting.closed_days USING (day) LEFT JOIN accounting.paid_days USING (day)
                WHERE day < coalesce(\(end), 'infinity') ORDER BY day DESC LIMIT \(limit)
                """
        case .before(let start):
            return """
                SELECT day, closed_at, paid, total FROM (
                    SELECT day FROM accounting.closed_days
                    UNION SELECT \(bounds.today)
                    UNION SELECT DISTINCT business_day FROM accounting.ledger
                    WHERE business_day > coalesce(\(bounds.paid), '-infinity')
                ) AS d
                LEFT JOIN accounting.closed_days USING (day) LEFT JOIN accounting.paid_days USING (day)
                WHERE day > \(start) ORDER BY day LIMIT \(limit)
                """
        }
    }

    /// Whom a day has paid, in the order of their names; also while its close goes on.
    ///
    /// - Parameter place: Which page; default: the first.
    /// - Throws: `PostgresError`.
    public func wages(
        of day: CalendarDate,
        at place: ListPlace<AccountKey> = .start,
        in database: Database
    ) async throws -> ListPage<Wage, AccountKey> {
        let rows = try await database.query(wages(of: day, at: place)) { row in
            let user = try row.decode("user_id", as: UUID.self)
            return Wage(
                userID: user,
                name: try row.decode("name"),
                amount: Money(cents: try row.decode("amount")),
                at: try row.decode("at"),
                key: AccountKey(name: try row.decode("sort_name"), userID: user)
            )
        }
        return ListPage(rows, at: place, limit: Self.pageLength, key: \.key)
    }

    private func wages(of day: CalendarDate, at place: ListPlace<AccountKey>) -> SQL {
        let limit = Self.pageLength + 1
        switch place {
        case .start, .after:
            let from: AccountKey? = if case .after(let key) = place { key } else { nil }
            return """
                SELECT * FROM (\(raw: Self.wages)\(day)) AS w
                WHERE \(from?.name) IS NULL OR (sort_name, user_id) > (\(from?.name), \(from?.userID))
                ORDER BY sort_name, user_id LIMIT \(limit)
                """
        case .before(let key):
            return """
                SELECT * FROM (\(raw: Self.wages)\(day)) AS w
                WHERE (sort_name, user_id) < (\(key.name), \(key.userID))
                ORDER BY sort_name DESC, user_id DESC LIMIT \(limit)
                """
        }
    }

    /// Up to the day.
    private static let wages: StaticString = """
        SELECT a.user_id, n.name, lower(n.name) AS sort_name, -l.amount AS amount, l.at
        FROM accounting.ledger l JOIN accounting.accounts a USING (user_id),
            LATERAL (SELECT coalesce(a.name, left(a.user_id::text, 8)) AS name) AS n
        WHERE l.kind = 'wage' AND l.business_day =\u{20}
        """
}
