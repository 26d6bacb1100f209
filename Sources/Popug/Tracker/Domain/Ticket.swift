public import Foundation
public import Postgres

/// A ticket as it is now.
public struct Ticket: Sendable, Hashable, Codable {
    /// Whether there is something left to do: a closed ticket is never opened again.
    public enum Status: String, Sendable, Hashable, Codable, CaseIterable {
        case open, closed
    }

    /// A UUIDv7, made by tracker; the key of the ticket's events.
    public let ticketID: UUID
    /// 1 to 500 characters in one line.
    public let title: String
    /// Up to 10,000 characters, also several lines; nil if there is none. No event carries it.
    public let description: String?
    /// Closed if and only if `closedAt` is not nil.
    public let status: Status
    /// The employee who has it, or had it when it was closed.
    public let assigneeID: UUID
    /// The user who created it, of whatever role.
    public let createdBy: UUID
    /// Also the time of the event `ticket_created`.
    public let createdAt: Timestamp
    /// Nil while it is open.
    public let closedAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case ticketID = "ticket_id"
        case title, description, status
        case assigneeID = "assignee_id"
        case createdBy = "created_by"
        case createdAt = "created_at"
        case closedAt = "closed_at"
    }
}

extension Ticket {
    /// From a row with all columns of `tracker.tickets`.
    init(_ row: borrowing Row) throws {
        ticketID = try row.decode("ticket_id")
        title = try row.decode("title")
        description = try row.decodeIfPresent("description")
        status = try row.decode("status", as: String.self) == Status.open.rawValue ? .open : .closed
        assigneeID = try row.decode("assignee_id")
        createdBy = try row.decode("created_by")
        createdAt = try row.decode("created_at")
        closedAt = try row.decodeIfPresent("closed_at")
    }
}
