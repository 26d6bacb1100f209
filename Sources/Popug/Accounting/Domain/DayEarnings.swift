public import PopugEvents
public import Postgres

/// What management earned on a day, by the time of the events.
public struct DayEarnings: Sendable, Hashable, Codable {
    /// In the time zone of pay day.
    public let day: CalendarDate
    /// What assignments were charged.
    public let commissions: Money
    /// What closed tickets were credited.
    public let rewards: Money
    /// Commissions less rewards; negative where more was credited than charged.
    public let earned: Money
}
