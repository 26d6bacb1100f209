public import Foundation
public import Perch

/// `ticket_created`: a ticket was opened and assigned. Topic `tickets`; version 2 adds `title`.
public struct TicketCreated: Event, Hashable {
    /// Declared in `streams/tickets.yaml`.
    public static let type: EventType = "ticket_created"
    /// Published to by tracker alone.
    public static let topic: TopicName = "tickets"

    /// The new ticket.
    public let ticketID: UUID
    /// The employee who is charged the commission.
    public let assigneeID: UUID
    /// Nil in version 1: the first 8 characters of the id are shown then.
    public let title: String?

    /// Version 2 with a `title`, else version 1.
    public init(ticketID: UUID, assigneeID: UUID, title: String? = nil) {
        self.ticketID = ticketID
        self.assigneeID = assigneeID
        self.title = title
    }

    /// 2 with a title, else 1.
    public var version: Int { title != nil ? 2 : 1 }
    /// The ticket's id in lowercase: the events of a ticket stay in order.
    public var key: String { ticketID.key }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case ticketID = "ticket_id"
        case assigneeID = "assignee_id"
        case title
    }
}
