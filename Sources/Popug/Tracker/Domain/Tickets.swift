public import Foundation
import Perch
import PopugEvents
public import Postgres
import ServiceKit

/// The tickets of the task exchange. Each change and its event are committed together or not at all.
///
/// The calls with a transaction block its thread; those with a database run in a transaction of their own.
public struct Tickets: Sendable {
    /// It holds nothing: one is as good as another.
    public init() {}

    // MARK: Creating

    /// Creates an open ticket, assigned to an employee drawn at random, and publishes `ticket_created`.
    ///
    /// Asking again by the same id gives the ticket that there is, as it is now, and creates none.
    ///
    /// - Parameters:
    ///   - id: Of the ticket, made by whoever asks for it. Default: a new one.
    ///   - title: One line of 1 to 500 visible characters; blanks around it are dropped.
    ///   - description: Up to 10,000 characters in any number of lines; nil or blank is none.
    ///   - creator: The user who creates it.
    /// - Throws: `TicketError`: `.invalid`, `.noEmployee`, and there is no ticket; `.idTaken` where the id is of somebody else's
    ///   ticket; `PostgresError`.
    public func create(
        id: UUID? = nil,
        title: String,
        description: String? = nil,
        by creator: UUID,
        in database: Database
    ) async throws -> Ticket {
        try await database.transaction { tx in
            var generator = SystemRandomNumberGenerator()
            return try create(id: id, title: title, description: description, by: creator, in: tx, using: &generator)
        }
    }

    /// The same with this transaction.
    ///
    /// - Parameter generator: Where the draw comes from.
    public func create(
        id: UUID? = nil,
        title: String,
        description: String? = nil,
        by creator: UUID,
        in tx: borrowing Transaction,
        using generator: inout some RandomNumberGenerator
    ) throws -> Ticket {
        let (title, description) = try Self.checked(title, description)
        guard let assignee = try Employees.draw(in: tx, using: &generator) else { throw TicketError.noEmployee }
        let ticket = Ticket(
            ticketID: id ?? .v7(),
            title: title,
            description: description,
            status: .open,
            assigneeID: assignee,
            createdBy: creator,
            createdAt: .now,
            closedAt: nil
        )
        let insert: SQL = """
            INSERT INTO tracker.tickets (ticket_id, title, description, assignee_id, assigned_at, created_by, created_at)
            VALUES (\(ticket.ticketID), \(title), \(description), \(assignee), \(ticket.createdAt), \(creator),
                \(ticket.createdAt))
            ON CONFLICT (ticket_id) DO NOTHING RETURNING ticket_id
            """
        if id == nil {
            // Nobody else has it: there is no answer to wait for.
            try tx.execute(insert)
        } else if try tx.query(insert, { try $0.decode(0, as: UUID.self) }).isEmpty {
            // One of this id that was under way has been waited for.
            return try made(ticket.ticketID, by: creator, in: tx)
        }
        let event = TicketCreated(ticketID: ticket.ticketID, assigneeID: assignee, title: title)
        try tx.publish(event, time: ticket.createdAt)
        return ticket
    }

    /// The ticket that there is already.
    private func made(_ id: UUID, by creator: UUID, in tx: borrowing Transaction) throws -> Ticket {
        let found = try tx.query("SELECT * FROM tracker.tickets WHERE ticket_id = \(id)") { try Ticket($0) }
        guard let ticket = found.first, ticket.createdBy == creator else { throw TicketError.idTaken }
        return ticket
    }

    private static func checked(_ title: String, _ description: String?) throws -> (String, String?) {
        let title = title.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...500).contains(title.unicodeScalars.count) else {
            throw TicketError.invalid("title", "expected 1 to 500 characters")
        }
        if let problem = DeceptiveCharacters.problem(ofLine: title) { throw TicketError.invalid("title", problem) }
        let text = description?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        guard text.unicodeScalars.count <= 10_000 else {
            throw TicketError.invalid("description", "expected at most 10000 characters")
        }
        if let problem = DeceptiveCharacters.problem(ofLines: text) {
            throw TicketError.invalid("description", problem)
        }
        return (title, text.isEmpty ? nil : text)
    }

    // MARK: Closing

    /// Closes a ticket and publishes `ticket_closed`. Waits while the ticket is being reassigned.
    ///
    /// - Parameter closing: Of this closing, made by whoever asks for it: asking again by the same id is the same closing, and no
    ///   error. Default: there is none.
    /// - Throws: `TicketError`: `.notFound`, `.notAssignee`, `.closed`, and nothing was published; `PostgresError`.
    public func close(_ ticket: UUID, by user: UUID, as closing: UUID? = nil, in database: Database) async throws
        -> Ticket
    {
        try await database.transaction { tx in try close(ticket, by: user, as: closing, in: tx) }
    }

    /// The same with this transaction.
    public func close(_ ticket: UUID, by user: UUID, as closing: UUID? = nil, in tx: borrowing Transaction) throws
        -> Ticket
    {
        // The row's lock keeps the order of the ticket's events.
        let found = try tx.query("SELECT * FROM tracker.tickets WHERE ticket_id = \(ticket) FOR NO KEY UPDATE") {
            (ticket: try Ticket($0), closing: try $0.decodeIfPresent("closing_id", as: UUID.self))
        }
        guard let (open, earlier) = found.first.map({ ($0.ticket, $0.closing) }) else { throw TicketError.notFound }
        guard open.assigneeID == user else { throw TicketError.notAssignee }
        guard open.status == .open else {
            guard let closing, closing == earlier else { throw TicketError.closed }
            return open
        }
        let now = Timestamp.now
        try tx.execute(
            """
            UPDATE tracker.tickets SET status = 'closed', closed_at = \(now), closing_id = \(closing)
            WHERE ticket_id = \(ticket)
            """
        )
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

    /// No id of version 7 comes after it.
    static let greatestID = UUID(
        uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255)
    )

    /// Tickets, the newest first: ids of version 7 are in the order of their making.
    ///
    /// - Parameters:
    ///   - status: Only those; nil: all.
    ///   - assignee: Only this user's; nil: everybody's.
    ///   - after: Only tickets older than this one; nil: from the newest on.
    ///   - limit: How many at most.
    public func list(
        status: Ticket.Status? = nil,
        assignee: UUID? = nil,
        after: UUID? = nil,
        limit: Int,
        in database: Database
    ) async throws -> [Ticket] {
        let end = after ?? Self.greatestID
        // One statement for each kind of list: each is planned for the index that gives its order.
        let sql: SQL =
            switch (assignee, status) {
            case (nil, nil):
                "SELECT * FROM tracker.tickets WHERE ticket_id < \(end) ORDER BY ticket_id DESC LIMIT \(limit)"
            case (nil, .open):
                """
                SELECT * FROM tracker.tickets WHERE status = 'open' AND ticket_id < \(end)
                ORDER BY ticket_id DESC LIMIT \(limit)
                """
            case (nil, .closed):
                """
                SELECT * FROM tracker.tickets WHERE status = 'closed' AND ticket_id < \(end)
                ORDER BY ticket_id DESC LIMIT \(limit)
                """
            case (let assignee?, let status):
                """
                SELECT * FROM tracker.tickets
                WHERE assignee_id = \(assignee) AND status = coalesce(\(status?.rawValue), status) AND ticket_id < \(end)
                ORDER BY ticket_id DESC LIMIT \(limit)
                """
            }
        return try await database.query(sql) { try Ticket($0) }
    }
}
