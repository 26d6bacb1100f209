public import Foundation
import PopugEvents
public import Postgres

extension Books {
    /// An account at a glance; nil where accounting has not heard of the user.
    ///
    /// - Throws: `PostgresError`.
    public func overview(of user: UUID, in database: Database) async throws -> AccountOverview? {
        guard let statement = try await statement(of: user, in: database) else { return nil }
        return try await database.transaction { tx in
            let accounts = try tx.query(
                """
                SELECT user_id, coalesce(name, left(user_id::text, 8)) AS name, role, balance FROM accounting.accounts
                WHERE user_id = \(user)
                """
            ) { try Account($0) }
            let wages = try tx.query(
                """
                SELECT entry_id, kind, ticket_id, title, amount, balance_after, at FROM accounting.ledger
                WHERE user_id = \(user) AND kind = 'wage' ORDER BY entry_id DESC LIMIT 1
                """
            ) { try LedgerEntry($0) }
            return accounts.first.map {
                AccountOverview(account: $0, earnedToday: statement.earnedToday, lastWage: wages.first)
            }
        }
    }

    /// The reward of a ticket in a user's ledger; nil as long as accounting has not heard of its close, or where somebody else
    /// has closed it.
    ///
    /// Whether it has come is told by one look at the ticket, so it can be asked for often.
    ///
    /// - Throws: `PostgresError`.
    public func reward(of ticket: UUID, to user: UUID, in database: Database) async throws -> LedgerEntry? {
        try await database.query(
            """
            SELECT l.* FROM accounting.tickets t
            CROSS JOIN LATERAL (
                SELECT entry_id, kind, ticket_id, title, amount, balance_after, at FROM accounting.ledger
                WHERE user_id = \(user) AND ticket_id = t.ticket_id AND kind = 'reward' ORDER BY entry_id DESC LIMIT 1
            ) AS l
            WHERE t.ticket_id = \(ticket) AND t.status = 'closed' AND t.assignee_id = \(user)
            """
        ) { try LedgerEntry($0) }.first
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
