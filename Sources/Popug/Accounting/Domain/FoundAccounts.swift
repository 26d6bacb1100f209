public import PopugEvents
public import ServiceKit

/// A page of a search of accounts, with the sums of all that the search finds.
public struct FoundAccounts: Sendable {
    /// An account with what it has brought today.
    public struct Line: Sendable, Hashable {
        /// As it is now.
        public let account: Account
        /// Rewards less commissions of events of today.
        public let earnedToday: Money
        /// Its place in the list.
        public let key: AccountKey
    }

    /// What is found on all pages together.
    public struct Sums: Sendable, Hashable {
        /// How many accounts.
        public let accounts: Int
        /// The sum of their balances.
        public let balance: Money
        /// How many of them are below zero.
        public let belowZero: Int
        /// The sum of the balances that are below zero.
        public let debt: Money
        /// Rewards less commissions of events of today.
        public let earnedToday: Money
    }

    /// In the order of the names.
    public let page: ListPage<Line, AccountKey>
    /// Of all pages.
    public let sums: Sums
}
