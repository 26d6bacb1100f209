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
            """
            SELECT (\(now()) AT TIME ZONE
                coalesce((SELECT time_zone FROM analytics.calendar), \(timeZone.identifier)))::date AS today
            """
        ) { try $0.decode("today", as: CalendarDate.self) }
        return days.first ?? now().date
    }

    /// Days on which tickets were assigned or closed, in order.
    func earnings(_ days: ClosedRange<CalendarDate>, in database: Database) async throws -> [DayEarnings] {
        try await database.query(
            """
            SELECT day, commissions, rewards, earned FROM reporting.earnings
            WHERE day BETWEEN \(days.lowerBound) AND \(days.upperBound) ORDER BY day
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

    /// Days on which wages were paid, in order.
    func wages(_ days: ClosedRange<CalendarDate>, in database: Database) async throws -> [DayWages] {
        try await database.query(
            """
            SELECT day, count, total FROM analytics.wages
            WHERE day BETWEEN \(days.lowerBound) AND \(days.upperBound) ORDER BY day
            """
        ) { row in
            DayWages(day: try row.decode("day"), count: try row.decode("count"), total: try row.decode("total"))
        }
    }

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
            SELECT m.ticket_id, t.title, m.user_id, m.amount, m.at
            FROM generate_series(\(days.lowerBound)::date, \(days.upperBound)::date, interval '1 day') AS d (day)
            CROSS JOIN LATERAL (
                SELECT r.ticket_id, r.user_id, r.amount, r.at FROM analytics.movements r
                WHERE r.kind = 'reward' AND r.amount IS NOT NULL AND r.day = d.day::date
                ORDER BY r.amount DESC, r.at, r.ticket_id LIMIT 1
            ) AS m
            JOIN analytics.tickets t USING (ticket_id)
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
                reward: try row.decode("amount"),
                closedAt: try row.decode("at")
            )
        }.first
    }
}
