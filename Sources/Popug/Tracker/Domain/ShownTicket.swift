public import Postgres

/// A ticket with the names of its people, as lists and pages show it.
public struct ShownTicket: Sendable, Hashable {
    /// As it is now.
    public let ticket: Ticket
    /// Since when the assignee has it; nil where it was assigned before this was kept.
    public let assignedAt: Timestamp?
    /// The id's first 8 characters where the events did not tell.
    public let assigneeName: String
    /// Who created it; as the assignee's name.
    public let creatorName: String
}

extension ShownTicket {
    /// From a row with all columns of `tracker.tickets`, `assignee_name` and `creator_name`.
    init(_ row: borrowing Row) throws {
        ticket = try Ticket(row)
        assignedAt = try row.decodeIfPresent("assigned_at")
        assigneeName = try row.decode("assignee_name")
        creatorName = try row.decode("creator_name")
    }
}
