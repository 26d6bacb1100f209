public import PopugEvents
public import Postgres

/// What the close of a day has paid. It never changes.
public struct ClosedDay: Sendable, Hashable, Codable {
    /// The business day.
    public let day: CalendarDate
    /// How many accounts were paid.
    public let paid: Int64
    /// How much they were paid in all.
    public let total: Money
}

/// Why a day was not closed. Nothing has changed.
public struct DayNotClosable: Error, Hashable, Sendable, CustomStringConvertible {
    /// The day that was to be closed.
    public let day: CalendarDate
    /// What is expected instead.
    public let message: String

    /// `2026-11-23: expected 2026-11-22 or earlier: the day has not begun yet`
    public var description: String { "\(day): \(message)" }
}

/// Workers were in the midst of transactions that went on for too long. Nothing has changed; try again.
public struct DaysAreBusy: Error, Hashable, Sendable, CustomStringConvertible {
    /// What to do.
    public var description: String { "the day could not be closed for the transactions of workers; try again" }
}
