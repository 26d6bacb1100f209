public import PopugEvents
public import Postgres

/// A business day of an account's ledger.
public struct LedgerDay: Sendable, Hashable {
    /// What its close pays, and the wage itself, are of this day.
    public let day: CalendarDate
    /// Of the day, whatever this account had.
    public let state: DayState
    /// Rewards less commissions.
    public let earned: Money
    /// The wage; zero where there was none, or not yet.
    public let paid: Money
    /// How many entries there are.
    public let count: Int
    /// The newest first; where there are more than a list shows, the last ones of the day.
    public let entries: [LedgerEntry]
}
