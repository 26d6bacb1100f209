public import PopugEvents
public import Postgres

/// What a day has for the accounts: as much as its close would pay, or has left to pay.
public struct DayPayments: Sendable, Hashable {
    /// The business day.
    public let day: CalendarDate
    /// How many accounts get something.
    public let people: Int64
    /// How much in all.
    public let total: Money
}
