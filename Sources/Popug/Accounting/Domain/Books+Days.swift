public import Foundation
import PopugEvents
public import Postgres
public import ServiceKit

extension Books {
    /// How many days of a ledger a page has.
    public static let ledgerDays = 14

    /// An account's ledger by business days, the newest first; nil where accounting has not heard of the user. Days without
    /// entries are left out.
    ///
    /// - Parameters:
    ///   - place: Which page; default: the newest 14 days.
    ///   - entries: How many entries of a day are told at most; `entries(of:day:before:limit:in:)` has the others. Default: 100.
    /// - Throws: `PostgresError`.
    public func ledger(
        of user: UUID,
        at place: ListPlace<CalendarDate> = .start,
        entries limit: Int = 100,
        in database: Database
    ) async throws -> ListPage<LedgerDay, CalendarDate>? {
        // What is shown belongs to one moment: the sums are those of the entries.
        try await database.transaction(isolation: .repeatableRead) { tx in
            let days = try tx.query(self.days(of: user, at: place)) { try $0.decode("day", as: CalendarDate.self) }
            let bounds = try DayBounds(zone: zone, now: now(), in: tx)
            var found = try entries(of: user, on: days, limit: limit, in: tx)
            let lines = try tx.query(
                """
                SELECT business_day AS day, count(*) AS count,
                    coalesce(sum(amount) FILTER (WHERE kind <> 'wage'), 0)::bigint AS earned,
                    coalesce(-sum(amount) FILTER (WHERE kind = 'wage'), 0)::bigint AS paid
                FROM accounting.ledger WHERE user_id = \(user) AND business_day = ANY (\(days)) GROUP BY business_day
                """
            ) { row in
                let day = try row.decode("day", as: CalendarDate.self)
                return LedgerDay(
                    day: day,
                    state: bounds.state(of: day),
                    earned: Money(cents: try row.decode("earned")),
                    paid: Money(cents: try row.decode("paid")),
                    count: try row.decode("count"),
                    entries: found.removeValue(forKey: day) ?? []
                )
            }
            let byDay = Dictionary(uniqueKeysWithValues: lines.map { ($0.day, $0) })
            let page = ListPage(days.compactMap { byDay[$0] }, at: place, limit: Self.ledgerDays, key: \.day)
            guard page.items.isEmpty else { return page }
            return try tx.affectedRows("SELECT 1 FROM accounting.accounts WHERE user_id = \(user)") > 0 ? page : nil
        }
    }

    /// Days with entries, one more than a page has. Each is one look into an index, however many entries there are.
    private func days(of user: UUID, at place: ListPlace<CalendarDate>) -> SQL {
        let limit = Self.ledgerDays + 1
        switch place {
        case .start, .after:
            let end: CalendarDate? = if case .after(let day) = place { day } else { nil }
            return """
                WITH RECURSIVE days AS (
                    SELECT coalesce(\(end), 'infinity') AS day, 0 AS nth
                    UNION ALL
                    SELECT (
                        SELECT l.business_day FROM accounting.ledger l
                        WHERE l.user_id = \(user) AND l.business_day < d.day
                        ORDER BY l.business_day DESC LIMIT 1
                    ), d.nth + 1
                    FROM days d WHERE d.day IS NOT NULL AND d.nth < \(limit)
                )
                SELECT day FROM days WHERE nth > 0 AND day IS NOT NULL ORDER BY nth
                """
        case .before(let start):
            return """
                WITH RECURSIVE days AS (
                    SELECT \(start) AS day, 0 AS nth
                    UNION ALL
                    SELECT (
                        SELECT l.business_day FROM accounting.ledger l
                        WHERE l.user_id = \(user) AND l.business_day > d.day
                        ORDER BY l.business_day LIMIT 1
                    ), d.nth + 1
                    FROM days d WHERE d.day IS NOT NULL AND d.nth < \(limit)
                )
                SELECT day FROM days WHERE nth > 0 AND day IS NOT NULL ORDER BY nth
                """
        }
    }

    private func entries(
        of user: UUID,
        on days: [CalendarDate],
        limit: Int,
        in tx: borrowing Transaction
    ) throws -> [CalendarDate: [LedgerEntry]] {
        var found: [CalendarDate: [LedgerEntry]] = [:]
        _ = try tx.query(
            """
            SELECT l.* FROM unnest(\(days)) AS d (day)
            CROSS JOIN LATERAL (
                SELECT business_day, entry_id, kind, ticket_id, title, amount, balance_after, at FROM accounting.ledger
                WHERE user_id = \(user) AND business_day = d.day ORDER BY entry_id DESC LIMIT \(limit)
            ) AS l
            ORDER BY l.business_day DESC, l.entry_id DESC
            """
        ) { row in
            found[try row.decode("business_day", as: CalendarDate.self), default: []].append(try LedgerEntry(row))
        }
        return found
    }
}
