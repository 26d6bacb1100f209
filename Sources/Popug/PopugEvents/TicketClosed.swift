public import Foundation
public import Perch

/// `ticket_closed`: the assignee closed the ticket. Topic `tickets`.
public struct TicketClosed: Event, Hashable {
    /// Declared in `streams/tickets.yaml`.
    public static let type: EventType = "ticket_closed"
    /// Published to by tracker alone.
    public static let topic: TopicName = "tickets"

    /// The ticket; nothing follows on it.
    public let ticketID: UUID

    /// Who closed it is not said: it is the assignee.
    public init(ticketID: UUID) {
        self.ticketID = ticketID
    }

    /// There is one version only.
    public var version: Int { 1 }
    /// The ticket's id in lowercase: the events of a ticket stay in order.
    public var key: String { ticketID.key }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case ticketID = "ticket_id"
    }
}
