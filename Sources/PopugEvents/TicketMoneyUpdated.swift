public import Foundation
public import Perch

/// `ticket_money_updated`: accounting priced a ticket. Topic `ticket-money`.
public struct TicketMoneyUpdated: Event, Hashable {
    public static let type: EventType = "ticket_money_updated"
    public static let topic: TopicName = "ticket-money"

    public let ticketID: UUID
    /// Charged to whoever is assigned the ticket.
    public let commission: Money
    /// Credited to whoever closes the ticket.
    public let reward: Money

    public init(ticketID: UUID, commission: Money, reward: Money) {
        self.ticketID = ticketID
        self.commission = commission
        self.reward = reward
    }

    public var version: Int { 1 }
    public var key: String { ticketID.key }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case ticketID = "ticket_id"
        case commission, reward
    }
}
