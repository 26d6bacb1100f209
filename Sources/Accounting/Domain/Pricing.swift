public import Foundation
public import PopugEvents

/// What a ticket costs who takes it, and earns who closes it. Both in cents, above zero.
public struct Price: Hashable, Sendable {
    public let commission: Money
    public let reward: Money

    public init(commission: Money, reward: Money) {
        self.commission = commission
        self.reward = reward
    }
}

/// Draws the price of a ticket, when accounting first hears of it.
public struct Pricing: Sendable {
    let price: @Sendable (_ ticket: UUID) -> Price

    public init(_ price: @escaping @Sendable (_ ticket: UUID) -> Price) { self.price = price }

    /// Commission 10.00 to 20.00 and reward 20.00 to 40.00, uniformly at random in whole cents.
    public static let random = Pricing { _ in
        Price(
            commission: Money(cents: .random(in: 1000...2000)),
            reward: Money(cents: .random(in: 2000...4000))
        )
    }
}
