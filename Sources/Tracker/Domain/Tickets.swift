public import Foundation
import Perch
import PopugEvents
public import Postgres

/// The tickets of the task exchange. Each change and its event are committed together or not at all.
///
/// The calls with a transaction block its thread; those with a database run in a transaction of their own.
public struct Tickets: Sendable {
    /// It holds nothing: one is as good as another.
    public init() {}

    // MARK: Creating

    /// Creates an open ticket, assigned to an employee drawn at random, and publishes `ticket_created`.
    ///
    /// - Parameters:
    ///   - title: 1 to 500 characters; blanks around it are dropped.
    ///   - description: Up to 10,000 characters; nil or blank is none.
    ///   - creator: The user who creates it.
    /// - Throws: `TicketError`: `.invalid`, `.noEmployee`, and there is no ticket; `PostgresError`.
    public func create(
        title: String,
        description: String? = nil,
        by creator: UUID,
        in database: Database
    ) async throws -> Ticket {
        try await database.transaction { tx in
            var generator = SystemRandomNumberGenerator()
            return try create(title: title, description: description, by: creator, in: tx, using: &generator)
        }
    }

    /// The same with this transaction.
    ///
    /// - Parameter generator: Where the draw comes from.
    public func create(
        title: String,
        description: String? = nil,
        by creator: UUID,
        in tx: borrowing Transaction,
        using generator: inout some RandomNumberGenerator
    ) throws -> Ticket {
        let (title, description) = try Self.checked(title, description)
        guard let assignee = try Employees.draw(in: tx, using: &generator) else { throw TicketError.noEmployee }
        let ticket = Ticket(
            ticketID: .v7(),
            title: title,
            description: description,
            status: .open,
            assigneeID: assignee,
            createdBy: creator,
            createdAt: .now,
            closedAt: nil
        )
        try tx.execute(
            """
            INSERT INTO tracker.tickets (ticket_id, title, description, assignee_id, created_by, created_at)
            VALUES (\(ticket.ticketID), \(title), \(description), \(assignee), \(creator), \(ticket.createdAt))
            """
        )
        let event = TicketCreated(ticketID: ticket.ticketID, assigneeID: assignee, title: title)
        try tx.publish(event, time: ticket.createdAt)
        return ticket
    }

    private static func checked(_ title: String, _ description: String?) throws -> (String, String?) {
        let title = title.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...500).contains(title.unicodeScalars.count) else {
            throw TicketError.invalid("title", "expected 1 to 500 characters")
        }
        guard title.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
            throw TicketError.invalid("title", "expected one line without control characters")
        }
        let text = description?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        guard text.unicodeScalars.count <= 10_000 else {
            throw TicketError.invalid("description", "expected at most 10000 characters")
        }
        guard !text.unicodeScalars.contains("\0") else {
            throw TicketError.invalid("description", "expected no NUL character")
        }
        return (title, text.isEmpty ? nil : text)
    }

    // MARK: Closing

    /// Closes a ticket and publishes `ticket_closed`. Waits while the ticket is being reassigned.
    ///
    /// - Throws: `TicketError`: `.notFound`, `.notAssignee`, `.closed`, and nothing was published; `PostgresError`.
    public func close(_ ticket: UUID, by user: UUID, in database: Database) async throws -> Ticket {
        try await database.transaction { tx in try close(ticket, by: user, in: tx) }
    }

    /// The same with this transaction.
    public func close(_ ticket: UUID, by user: UUID, in tx: borrowing Transaction) throws -> Ticket {
        // The row's lock keeps the order of the ticket's events.
        let found = try tx.query("SELECT * FROM tracker.tickets WHERE ticket_id = \(ticket) FOR NO KEY UPDATE") {
            try Ticket($0)
        }
        guard let open = found.first else { throw TicketError.notFound }
        guard open.assigneeID == user else { throw TicketError.notAssignee }
        guard open.status == .open else { throw TicketError.closed }
        let now = Timestamp.now
        try tx.execute("UPDATE tracker.tickets SET status = 'closed', closed_at = \(now) WHERE ticket_id = \(ticket)")
        try tx.publish(TicketClosed(ticketID: ticket), time: now)
        return Ticket(
            ticketID: ticket,
            title: open.title,
            description: open.description,
            status: .closed,
            assigneeID: open.assigneeID,
            createdBy: open.createdBy,
            createdAt: open.createdAt,
            closedAt: now
        )
    }

    // MARK: Reading

    /// A ticket; nil if there is none of this id.
    public func ticket(_ id: UUID, in database: Database) async throws -> Ticket? {
        try await database.query("SELECT * FROM tracker.tickets WHERE ticket_id = \(id)") { try Ticket($0) }.first
    }
}
