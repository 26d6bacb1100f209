public import Foundation
public import Perch

/// `ticket_closed`: the assignee closed the ticket. Topic `tickets`.
public struct TicketClosed: Event, Hashable {
    public static let type: EventType = "ticket_closed"
    public static let topic: TopicName = "tickets"

    public let ticketID: UUID

    public init(ticketID: UUID) {
        self.ticketID = ticketID
    }

    public var version: Int { 1 }
    public var key: String { ticketID.key }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case ticketID = "ticket_id"
    }
}
