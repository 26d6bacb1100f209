public import Foundation
public import PopugEvents

/// What a ticket costs whoever is assigned it, and earns whoever closes it.
public struct Price: Sendable, Hashable {
    /// Charged at every assignment: when the ticket is created and each time it is reassigned. Not negative.
    public let commission: Money
    /// Credited once, when the ticket is closed. Not negative.
    public let reward: Money

    /// Not checked here: the database refuses negative amounts.
    public init(commission: Money, reward: Money) {
        self.commission = commission
        self.reward = reward
    }
}

/// How tickets are priced.
public struct Pricing: Sendable {
    let price: @Sendable (_ ticket: UUID) -> Price

    /// - Parameter price: Called when accounting first hears of a ticket, and again if that did not commit. Not negative.
    public init(_ price: @escaping @Sendable (_ ticket: UUID) -> Price) { self.price = price }

    /// Commission 10.00 to 20.00, reward 20.00 to 40.00, each cent as likely as the other.
    public static let random = Pricing { _ in
        Price(
            commission: Money(cents: .random(in: 1000...2000)),
            reward: Money(cents: .random(in: 2000...4000))
        )
    }
}
