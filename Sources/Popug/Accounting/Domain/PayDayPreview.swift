public import Postgres

/// What the close of a day would do now. Nothing was changed for it.
public struct PayDayPreview: Sendable, Hashable {
    /// What the day itself pays.
    public let payments: DayPayments
    /// Days before it that are not paid yet and have entries, in order: the close pays them first.
    public let earlier: [DayPayments]
    /// How many accounts are below zero once it is closed: that carries over.
    public let belowZero: Int64
    /// The day that later entries count to.
    public let nextDay: CalendarDate
    /// The day is not over yet.
    public let isToday: Bool
    /// What the day has paid, where it is closed already: closing it again pays nobody.
    public let closed: ClosedDay?

    /// How many wages the close pays, of all these days: who gets something for two of them is paid twice.
    public var people: Int64 { earlier.reduce(payments.people) { $0 + $1.people } }
}
