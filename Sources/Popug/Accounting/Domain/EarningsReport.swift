public import PopugEvents
public import Postgres

/// What management earned on the days of a range, and in all.
public struct EarningsReport: Sendable, Hashable {
    /// Each day, the earliest first; days that the time zone skips are left out.
    public let days: [DayEarnings]
    /// Of all days.
    public let commissions: Money
    /// Of all days.
    public let rewards: Money
    /// Of all days: commissions less rewards.
    public let earned: Money
    /// Today: what it shows is so far.
    public let today: CalendarDate
}
