import Foundation
import PopugEvents
public import Postgres

extension PayDay {
    /// What the close of a day would do now.
    ///
    /// - Throws: `DayNotClosable`; `PostgresError`.
    public func preview(_ day: CalendarDate, in database: Database) async throws -> PayDayPreview {
        try await database.transaction(isolation: .repeatableRead) { tx in
            try check(day, false, at: now(), in: tx)
            let due = try self.due(upTo: day, in: tx)
            let zone = timeZone.identifier
            let next = try tx.query(
                """
                SELECT (\(now()) AT TIME ZONE \(zone))::date AS today,
                    -- By way of its midnight, as for the entries themselves.
                    ((greatest(\(day), max(day)) + 1)::timestamp AT TIME ZONE \(zone) AT TIME ZONE \(zone))::date AS next_day,
                    max(day) AS last_closed
                FROM accounting.closed_days
                """
            ) {
                (
                    today: try $0.decode("today", as: CalendarDate.self),
                    day: try $0.decode("next_day", as: CalendarDate.self),
                    closed: try $0.decodeIfPresent("last_closed", as: CalendarDate.self)
                )
            }[0]
            return PayDayPreview(
                payments: due.days.first { $0.day == day } ?? DayPayments(day: day, people: 0, total: Money(cents: 0)),
                earlier: due.days.filter { $0.day < day },
                belowZero: due.belowZero,
                nextDay: next.day,
                today: next.today,
                lastClosed: next.closed,
                closed: try record(of: day, in: tx)
            )
        }
    }

    /// How far the close of a day is; nil as long as nobody has closed it by its name.
    ///
    /// - Throws: `PostgresError`.
    public func progress(of day: CalendarDate, in database: Database) async throws -> PayDayProgress? {
        try await database.transaction(isolation: .repeatableRead) { tx in
            guard let soFar = try paid(of: day, in: tx) else { return nil }
            let left = soFar.isDone ? [] : try self.due(upTo: day, in: tx).days
            return PayDayProgress(
                day: day,
                soFar: soFar,
                left: left.reduce(0) { $0 + $1.people },
                leftTotal: left.map(\.total).sum
            )
        }
    }

    /// What the close of a day has paid so far, without what is left: one look into an index, so it can be asked for often. Nil as long as
    /// nobody has closed it by its name.
    ///
    /// - Throws: `PostgresError`.
    public func paid(of day: CalendarDate, in database: Database) async throws -> PaidSoFar? {
        try await database.transaction(isolation: .repeatableRead) { try paid(of: day, in: $0) }
    }

    private func paid(of day: CalendarDate, in tx: borrowing Transaction) throws -> PaidSoFar? {
        let isDone = try record(of: day, in: tx) != nil
        // Days before it that this close has paid, or has to pay. They are recorded in order: those before are done.
        return try tx.query(
            """
            SELECT d.closed_at, w.count, w.total, greatest(d.closed_at, w.last) AS last_step
            FROM accounting.closed_days d, LATERAL (
                SELECT count(*) AS count, coalesce(-sum(amount), 0)::bigint AS total, max(at) AS last
                FROM accounting.ledger WHERE kind = 'wage' AND business_day IN (
                    SELECT c.day FROM accounting.closed_days c LEFT JOIN accounting.paid_days p USING (day)
                    WHERE c.day = d.day OR c.day < d.day AND (
                        p.paid_at >= d.closed_at
                        OR p.day IS NULL AND c.day > coalesce((SELECT max(day) FROM accounting.paid_days), '-infinity')
                    )
                )
            ) AS w
            WHERE d.day = \(day)
            """
        ) { row in
            PaidSoFar(
                closedAt: try row.decode("closed_at"),
                lastStep: try row.decode("last_step"),
                people: try row.decode("count"),
                total: Money(cents: try row.decode("total")),
                isDone: isDone
            )
        }.first
    }

    /// What the days up to one that are not paid yet have for the accounts, each in its turn; only days with entries. And how
    /// many accounts are below zero once they are paid.
    ///
    /// A day pays an account what it has with the entries up to this day, less what the days before have paid. So what is paid
    /// up to a day is the highest that the account would have reached on any day so far, had nothing been paid.
    private func due(
        upTo day: CalendarDate,
        in tx: borrowing Transaction
    ) throws -> (days: [DayPayments], belowZero: Int64) {
        var days: [DayPayments] = []
        var belowZero: Int64 = 0
        _ = try tx.query(
            """
            WITH unpaid AS (
                SELECT user_id, business_day AS day, sum(amount) AS amount FROM accounting.ledger
                WHERE business_day > coalesce((SELECT max(day) FROM accounting.paid_days), '-infinity')
                GROUP BY user_id, business_day
            ), carried AS (
                SELECT a.user_id, a.balance - coalesce(u.amount, 0) AS amount FROM accounting.accounts a
                LEFT JOIN (SELECT user_id, sum(amount) AS amount FROM unpaid GROUP BY user_id) AS u USING (user_id)
            ), reached AS (
                SELECT u.user_id, u.day,
                    c.amount + sum(u.amount) OVER (PARTITION BY u.user_id ORDER BY u.day) AS amount
                FROM unpaid u JOIN carried c USING (user_id) WHERE u.day <= \(day)
            ), paid AS (
                SELECT user_id, day, amount AS reached,
                    greatest(0, max(amount) OVER (PARTITION BY user_id ORDER BY day)) AS paid
                FROM reached
            ), wages AS (
                SELECT user_id, day, reached - paid AS rest,
                    paid - coalesce(lag(paid) OVER (PARTITION BY user_id ORDER BY day), 0) AS amount
                FROM paid
            ), rests AS (
                SELECT DISTINCT ON (user_id) user_id, rest FROM wages ORDER BY user_id, day DESC
            )
            SELECT day, count(*) FILTER (WHERE amount > 0) AS people, sum(amount)::bigint AS total FROM wages GROUP BY day
            UNION ALL
            SELECT NULL, count(*), 0 FROM carried c LEFT JOIN rests USING (user_id) WHERE coalesce(rest, c.amount) < 0
            ORDER BY day
            """
        ) { row in
            let people = try row.decode("people", as: Int64.self)
            if let day = try row.decodeIfPresent("day", as: CalendarDate.self) {
                days.append(DayPayments(day: day, people: people, total: Money(cents: try row.decode("total"))))
            } else {
                belowZero = people
            }
        }
        return (days, belowZero)
    }
}
