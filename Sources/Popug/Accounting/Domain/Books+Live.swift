import Foundation
import PopugEvents
import Postgres

/// A business day of an account.
struct AccountDay: Hashable, Sendable {
    let user: UUID
    let day: CalendarDate
}

/// A ticket whose reward an account expects.
struct AccountTicket: Hashable, Sendable {
    let user: UUID
    let ticket: UUID
}

/// What open pages ask for again and again: one statement for all of them.
extension Books {
    /// What accounts have earned of business days: rewards less commissions.
    func sums(of days: [AccountDay], in database: Database) async throws -> [AccountDay: Money] {
        let sums = try await database.query(
            """
            SELECT w.user_id, w.day, (
                SELECT coalesce(sum(l.amount), 0)::bigint FROM accounting.ledger l
                WHERE l.user_id = w.user_id AND l.business_day = w.day AND l.kind <> 'wage'
            ) AS earned
            FROM unnest(\(days.map(\.user)), \(days.map(\.day))) AS w (user_id, day)
            """
        ) { row in
            (
                AccountDay(user: try row.decode("user_id"), day: try row.decode("day")),
                Money(cents: try row.decode("earned"))
            )
        }
        return [AccountDay: Money](sums) { first, _ in first }
    }

    /// The rewards of tickets that have come: see `reward(of:to:in:)`.
    func rewards(of tickets: [AccountTicket], in database: Database) async throws -> [AccountTicket: LedgerEntry] {
        let rewards = try await database.query(
            """
            SELECT t.assignee_id, l.*
            FROM unnest(\(tickets.map(\.user)), \(tickets.map(\.ticket))) AS w (user_id, ticket_id)
            JOIN accounting.tickets t ON t.ticket_id = w.ticket_id AND t.status = 'closed' AND t.assignee_id = w.user_id
            CROSS JOIN LATERAL (
                SELECT entry_id, kind, ticket_id, title, amount, balance_after, at FROM accounting.ledger
                WHERE user_id = t.assignee_id AND ticket_id = t.ticket_id AND kind = 'reward'
                ORDER BY entry_id DESC LIMIT 1
            ) AS l
            """
        ) { row in
            (
                AccountTicket(user: try row.decode("assignee_id"), ticket: try row.decode("ticket_id")),
                try LedgerEntry(row)
            )
        }
        return [AccountTicket: LedgerEntry](rewards) { first, _ in first }
    }
}
