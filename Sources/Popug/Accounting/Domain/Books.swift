public import Foundation
import Perch
import PopugEvents
public import Postgres

/// The accounts, their ledgers, and what management earned: for reading.
public struct Books: Sendable {
    let zone: String
    let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - timeZone: Where a day begins and ends: the workers' own.
    ///   - now: The clock, for tests. It tells what today is.
    public init(timeZone: TimeZone, now: @escaping @Sendable () -> Timestamp = { .now }) {
        zone = timeZone.identifier
        self.now = now
    }

    /// Today in the time zone.
    public func today(in database: Database) async throws -> CalendarDate {
        let now = now()
        return try await database.query("SELECT (\(now) AT TIME ZONE \(zone))::date AS today") {
            try $0.decode("today", as: CalendarDate.self)
        }[0]
    }

    /// An account with what it has earned today; nil where accounting has not heard of the user.
    public func statement(of user: UUID, in database: Database) async throws -> AccountStatement? {
        try await database.query(
            """
            SELECT a.balance, \(raw: Self.earnedToday) AS earned_today
            FROM accounting.accounts a, (SELECT (\(now()) AT TIME ZONE \(zone))::date AS today, \(zone) AS zone) AS d
            WHERE a.user_id = \(user)
            """
        ) { row in
            AccountStatement(
                userID: user,
                balance: Money(cents: try row.decode("balance")),
                earnedToday: Money(cents: try row.decode("earned_today"))
            )
        }.first
    }

    /// Accounts in the order of their users' ids.
    ///
    /// - Parameter after: Begin with the one after this user's.
    public func accounts(after: UUID? = nil, limit: Int, in database: Database) async throws -> [Account] {
        // Two statements: one that could do both would look through all that comes before.
        let accounts: SQL =
            if let after {
                """
                SELECT user_id, coalesce(name, left(user_id::text, 8)) AS name, role, balance FROM accounting.accounts
                WHERE user_id > \(after) ORDER BY user_id LIMIT \(Int64(limit))
                """
            } else {
                """
                SELECT user_id, coalesce(name, left(user_id::text, 8)) AS name, role, balance FROM accounting.accounts
                ORDER BY user_id LIMIT \(Int64(limit))
                """
            }
        return try await database.query(accounts) { try Account($0) }
    }

    /// Entries of an account, the newest first; nil where accounting has not heard of the user.
    ///
    /// - Parameters:
    ///   - day: Only those of this business day.
    ///   - before: Begin with the one that took effect before this one.
    public func entries(
        of user: UUID,
        day: CalendarDate? = nil,
        before: Int64? = nil,
        limit: Int,
        in database: Database
    ) async throws -> [LedgerEntry]? {
        // Two statements, each of which an index answers in its order.
        let entries: SQL =
            if let day {
                """
                SELECT entry_id, kind, ticket_id, title, amount, balance_after, at FROM accounting.ledger
                WHERE user_id = \(user) AND business_day = \(day) AND entry_id < \(before ?? .max)
                ORDER BY entry_id DESC LIMIT \(Int64(limit))
                """
            } else {
                """
                SELECT entry_id, kind, ticket_id, title, amount, balance_after, at FROM accounting.ledger
                WHERE user_id = \(user) AND entry_id < \(before ?? .max)
                ORDER BY entry_id DESC LIMIT \(Int64(limit))
                """
            }
        let found = try await database.query(entries) { try LedgerEntry($0) }
        guard found.isEmpty else { return found }
        return try await database.execute("SELECT 1 FROM accounting.accounts WHERE user_id = \(user)") > 0 ? [] : nil
    }

    /// What management earned on each day from one to another, both included; zeros where nothing happened. Days that the time
    /// zone skips are left out.
    public func earnings(from: CalendarDate, to: CalendarDate, in database: Database) async throws -> [DayEarnings] {
        // The days' beginnings to the quarter of an hour, with room for clocks that show midnight twice: what belongs to a day
        // is decided row by row.
        try await database.query(
            """
            SELECT d.day::date AS day, coalesce(-sum(e.commissions), 0)::bigint AS commissions,
                coalesce(sum(e.rewards), 0)::bigint AS rewards,
                coalesce(-sum(e.commissions) - sum(e.rewards), 0)::bigint AS earned
            FROM generate_series(\(from)::timestamp, \(to)::timestamp, interval '1 day') AS d (day)
            LEFT JOIN (
                SELECT (slot AT TIME ZONE \(zone))::date AS day, commissions, rewards FROM accounting.earnings
                WHERE slot >= \(from)::timestamp AT TIME ZONE \(zone) - interval '3 hours'
                    AND slot < (\(to) + 1)::timestamp AT TIME ZONE \(zone) + interval '3 hours'
            ) AS e ON e.day = d.day
            WHERE (d.day AT TIME ZONE \(zone) AT TIME ZONE \(zone))::date = d.day::date
            GROUP BY d.day ORDER BY d.day
            """
        ) { row in
            DayEarnings(
                day: try row.decode("day"),
                commissions: Money(cents: try row.decode("commissions")),
                rewards: Money(cents: try row.decode("rewards")),
                earned: Money(cents: try row.decode("earned"))
            )
        }
    }
}
