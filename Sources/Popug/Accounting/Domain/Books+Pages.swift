public import Foundation
import PopugEvents
public import Postgres

extension Books {
    /// An account at a glance; nil where accounting has not heard of the user.
    ///
    /// - Throws: `PostgresError`.
    public func overview(of user: UUID, in database: Database) async throws -> AccountOverview? {
        try await overviews(of: [user], in: database).first
    }

    /// The same of several; those that accounting has not heard of are left out.
    ///
    /// - Throws: `PostgresError`.
    public func overviews(of users: [UUID], in database: Database) async throws -> [AccountOverview] {
        try await database.query(
            """
            SELECT a.user_id, coalesce(a.name, left(a.user_id::text, 8)) AS name, a.role, a.balance,
                \(raw: Self.earnedToday) AS earned_today,
                w.entry_id, w.kind, w.ticket_id, w.title, w.amount, w.balance_after, w.at
            FROM accounting.accounts a
            CROSS JOIN (SELECT (\(now()) AT TIME ZONE \(zone))::date AS today, \(zone) AS zone) AS d
            LEFT JOIN LATERAL (
                SELECT entry_id, kind, ticket_id, title, amount, balance_after, at FROM accounting.ledger
                WHERE user_id = a.user_id AND kind = 'wage' ORDER BY entry_id DESC LIMIT 1
            ) AS w ON true
            WHERE a.user_id = ANY (\(users)) ORDER BY a.user_id
            """
        ) { row in
            let hasWage = try row.decodeIfPresent("entry_id", as: Int64.self) != nil
            return AccountOverview(
                account: try Account(row),
                earnedToday: Money(cents: try row.decode("earned_today")),
                lastWage: hasWage ? try LedgerEntry(row) : nil
            )
        }
    }

    /// The reward of a ticket in a user's ledger; nil as long as accounting has not heard of its close, or where somebody else
    /// has closed it.
    ///
    /// Whether it has come is told by one look at the ticket, so it can be asked for often.
    ///
    /// - Throws: `PostgresError`.
    public func reward(of ticket: UUID, to user: UUID, in database: Database) async throws -> LedgerEntry? {
        try await rewards(of: [AccountTicket(user: user, ticket: ticket)], in: database).values.first
    }

    /// What management earned on each day from one to another, both included, and in all: see `earnings(from:to:in:)`.
    ///
    /// - Throws: `PostgresError`.
    public func report(
        from: CalendarDate,
        to: CalendarDate,
        in database: Database
    ) async throws -> EarningsReport {
        let days = try await earnings(from: from, to: to, in: database)
        return EarningsReport(
            days: days,
            commissions: days.map(\.commissions).sum,
            rewards: days.map(\.rewards).sum,
            earned: days.map(\.earned).sum,
            today: try await today(in: database)
        )
    }
}
