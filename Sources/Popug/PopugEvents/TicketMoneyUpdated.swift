public import Foundation
public import Perch

/// `ticket_money_updated`: accounting priced a ticket. Topic `ticket-money`.
public struct TicketMoneyUpdated: Event, Hashable {
    /// Declared in `streams/ticket-money.yaml`.
    public static let type: EventType = "ticket_money_updated"
    /// Published to by accounting alone.
    public static let topic: TopicName = "ticket-money"

    /// The ticket that has its price now.
    public let ticketID: UUID
    /// Charged to whoever is assigned the ticket.
    public let commission: Money
    /// Credited to whoever closes the ticket.
    public let reward: Money

    /// The contract allows neither amount to be negative; it is not checked here.
    public init(ticketID: UUID, commission: Money, reward: Money) {
        self.ticketID = ticketID
        self.commission = commission
        self.reward = reward
    }

    /// There is one version only.
    public var version: Int { 1 }
    /// The ticket's id in lowercase: the events of a ticket stay in order.
    public var key: String { ticketID.key }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case ticketID = "ticket_id"
        case commission, reward
    }
}
