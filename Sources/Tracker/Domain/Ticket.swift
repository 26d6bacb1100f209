public import Foundation
public import Postgres

/// A ticket as it is now.
public struct Ticket: Sendable, Hashable, Codable {
    public enum Status: String, Sendable, Hashable, Codable {
        case open, closed
    }

    public let ticketID: UUID
    public let title: String
    public let description: String?
    public let status: Status
    /// The employee who has it, or had it when it was closed.
    public let assigneeID: UUID
    public let createdBy: UUID
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
