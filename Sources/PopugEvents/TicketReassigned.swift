public import Foundation
public import Perch

/// `ticket_reassigned`: an open ticket was assigned anew, perhaps to the same employee. Topic `tickets`.
public struct TicketReassigned: Event, Hashable {
    public static let type: EventType = "ticket_reassigned"
    public static let topic: TopicName = "tickets"

    public let ticketID: UUID
    public let assigneeID: UUID

    public init(ticketID: UUID, assigneeID: UUID) {
        self.ticketID = ticketID
        self.assigneeID = assigneeID
    }

    public var version: Int { 1 }
    public var key: String { ticketID.key }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case ticketID = "ticket_id"
        case assigneeID = "assignee_id"
    }
}
