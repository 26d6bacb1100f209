public import PopugEvents

/// An account at a glance.
public struct AccountOverview: Sendable, Hashable {
    /// As it is now.
    public let account: Account
    /// Rewards less commissions of events of today. Wages do not count.
    public let earnedToday: Money
    /// The last wage; nil as long as there was none.
    public let lastWage: LedgerEntry?
}
