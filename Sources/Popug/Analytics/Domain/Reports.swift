import Foundation
import Postgres

/// What the read model tells.
struct Reports: Sendable {
    /// Whose days count before anything was counted; then those of the read model do.
    let timeZone: TimeZone
    /// The present.
    let now: @Sendable () -> Timestamp

    init(timeZone: TimeZone, now: @escaping @Sendable () -> Timestamp = { .now }) {
        self.timeZone = timeZone
        self.now = now
    }

    /// The present day.
    func today(in database: Database) async throws -> CalendarDate {
        let days = try await database.query(
            "SELECT (\(now()) AT TIME ZONE \(raw: Self.zone)\(timeZone.identifier)))::date AS today"
        ) { try $0.decode("today", as: CalendarDate.self) }
        return days.first ?? now().date
    }

    /// Each day from one to another, in order; zeros where no ticket was assigned or closed.
    func earnings(_ days: ClosedRange<CalendarDate>, in database: Database) async throws -> [DayEarnings] {
        try await database.query(
            """
            SELECT d.day::date AS day, coalesce(e.commissions, 0) AS commissions, coalesce(e.rewards, 0) AS rewards,
                coalesce(e.earned, 0) AS earned
            FROM generate_series(\(days.lowerBound)::timestamp, \(days.upperBound)::timestamp, interval '1 day') AS d (day)
            LEFT JOIN reporting.earnings e ON e.day = d.day::date
            CROSS JOIN (SELECT \(raw: Self.zone)\(timeZone.identifier)) AS name) AS zone
            WHERE \(raw: Self.isNotSkipped) ORDER BY d.day
            """
        ) { row in
            DayEarnings(
                day: try row.decode("day"),
                commissions: try row.decode("commissions"),
                rewards: try row.decode("rewards"),
                earned: try row.decode("earned")
            )
        }
    }

    /// Each day from one to another, in order; zeros where nobody was paid.
    func wages(_ days: ClosedRange<CalendarDate>, in database: Database) async throws -> [DayWages] {
        try await database.query(
            """
            SELECT d.day::date AS day, coalesce(w.count, 0) AS count, coalesce(w.total, 0) AS total
            FROM generate_series(\(days.lowerBound)::timestamp, \(days.upperBound)::timestamp, interval '1 day') AS d (day)
            LEFT JOIN analytics.wages w ON w.day = d.day::date
            CROSS JOIN (SELECT \(raw: Self.zone)\(timeZone.identifier)) AS name) AS zone
            WHERE \(raw: Self.isNotSkipped) ORDER BY d.day
            """
        ) { row in
            DayWages(day: try row.decode("day"), count: try row.decode("count"), total: try row.decode("total"))
        }
    }

    /// Up to the name that holds before anything was counted.
    private static let zone: StaticString = "coalesce((SELECT time_zone FROM analytics.calendar), "

    /// There are days that a time zone does not have: Samoa went from 2011-12-29 to 2011-12-31.
    private static let isNotSkipped: StaticString =
        "(d.day AT TIME ZONE zone.name AT TIME ZONE zone.name)::date = d.day::date"

    /// How many employees owe money at present.
    func employeesBelowZero(in database: Database) async throws -> Int {
        try await database.query(
            "SELECT count(*) AS count FROM analytics.users WHERE role = 'employee' AND balance < 0"
        ) { try $0.decode("count", as: Int.self) }.first ?? 0
    }

    /// Of the tickets that were closed in the period around a day, the one with the highest reward; of equals the one that was
    /// closed first.
    func mostExpensiveTicket(
        of period: Period,
        around day: CalendarDate,
        in database: Database
    ) async throws -> ExpensiveTicket? {
        let days = period.days(around: day)
        return try await database.query(
            """
            SELECT m.ticket_id, t.title, m.user_id, coalesce(u.name, left(m.user_id::text, 8)) AS name, m.amount, m.at
            FROM generate_series(\(days.lowerBound)::date, \(days.upperBound)::date, interval '1 day') AS d (day)
            CROSS JOIN LATERAL (
                SELECT r.ticket_id, r.user_id, r.amount, r.at FROM analytics.movements r
                WHERE r.kind = 'reward' AND r.amount IS NOT NULL AND r.day = d.day::date
                ORDER BY r.amount DESC, r.at, r.ticket_id LIMIT 1
            ) AS m
            JOIN analytics.tickets t USING (ticket_id) LEFT JOIN analytics.users u ON u.user_id = m.user_id
            ORDER BY m.amount DESC, m.at, m.ticket_id LIMIT 1
            """
        ) { row in
            ExpensiveTicket(
                period: period,
                from: days.lowerBound,
                to: days.upperBound,
                ticketID: try row.decode("ticket_id"),
                title: try row.decodeIfPresent("title"),
                assigneeID: try row.decode("user_id"),
                assigneeName: try row.decode("name"),
                reward: try row.decode("amount"),
                closedAt: try row.decode("at")
            )
        }.first
    }
}
