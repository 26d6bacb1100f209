public import Postgres

/// A business day as the list of days shows it.
public struct DayRecord: Sendable, Hashable {
    /// In the time zone of pay day.
    public let day: CalendarDate
    /// What has become of it.
    public let state: DayState
    /// When it was closed by its own name, or by the close of a later day; nil as long as it is not.
    public let closedAt: Timestamp?
    /// How many accounts its close has paid, and how much in all; nil as long as not all of them are.
    public let paid: ClosedDay?
}
