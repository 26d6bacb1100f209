public import Foundation
public import Perch

/// `ticket_reassigned`: an open ticket was assigned anew, perhaps to the same employee. Topic `tickets`.
public struct TicketReassigned: Event, Hashable {
    /// Declared in `streams/tickets.yaml`.
    public static let type: EventType = "ticket_reassigned"
    /// Published to by tracker alone.
    public static let topic: TopicName = "tickets"

    /// An open ticket.
    public let ticketID: UUID
    /// The employee who is charged the commission, also where the ticket was theirs before.
    public let assigneeID: UUID

    /// Who had the ticket before is not said: the event before on this ticket tells.
    public init(ticketID: UUID, assigneeID: UUID) {
        self.ticketID = ticketID
        self.assigneeID = assigneeID
    }

    /// There is one version only.
    public var version: Int { 1 }
    /// The ticket's id in lowercase: the events of a ticket stay in order.
    public var key: String { ticketID.key }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case ticketID = "ticket_id"
        case assigneeID = "assignee_id"
    }
}
