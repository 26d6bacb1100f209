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
        """
        SELECT day, closed_at, paid, total FROM (
            SELECT day FROM accounting.closed_days
            UNION SELECT \(bounds.today)
            UNION SELECT DISTINCT business_day FROM accounting.ledger
            WHERE business_day > coalesce(\(bounds.paid), '-infinity')
        ) AS d
        LEFT JOIN accounting.closed_days USING (day) LEFT JOIN accounting.paid_days USING (day)
        WHERE day < coalesce(\(place.after), 'infinity') AND day > coalesce(\(place.before), '-infinity')
        ORDER BY CASE WHEN \(place.before) IS NULL THEN day END DESC, day LIMIT \(Self.pageLength + 1)
        """
    }

    /// What has become of a day, whether or not it has entries, and what today is.
    ///
    /// - Throws: `PostgresError`.
    public func state(of day: CalendarDate, in database: Database) async throws -> (
        state: DayState, today: CalendarDate
    ) {
        try await database.transaction { tx in
            let bounds = try DayBounds(zone: zone, now: now(), in: tx)
            return (bounds.state(of: day), bounds.today)
        }
    }

    /// Today, and the day that entries of events of now count to: a later one where today was closed early.
    ///
    /// - Throws: `PostgresError`.
    public func openDay(in database: Database) async throws -> (day: CalendarDate, today: CalendarDate) {
        try await database.transaction { tx in
            let bounds = try DayBounds(zone: zone, now: now(), in: tx)
            guard let closed = bounds.closed, closed >= bounds.today else { return (bounds.today, bounds.today) }
            return (CalendarDate(daysSince1970: closed.daysSince1970 + 1), bounds.today)
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
        let (after, before) = (place.after, place.before)
        return """
            SELECT w.* FROM (
                SELECT a.user_id, n.name, lower(n.name) AS sort_name, -l.amount AS amount, l.at
                FROM accounting.ledger l JOIN accounting.accounts a USING (user_id),
                    LATERAL (SELECT coalesce(a.name, left(a.user_id::text, 8)) AS name) AS n
                WHERE l.kind = 'wage' AND l.business_day = \(day)
            ) AS w, (
                SELECT \(after?.name) AS after_name, \(after?.userID) AS after_id,
                    \(before?.name) AS before_name, \(before?.userID) AS before_id
            ) AS b
            WHERE \(raw: Self.within) ORDER BY \(raw: Self.order) LIMIT \(Self.pageLength + 1)
            """
    }
}
