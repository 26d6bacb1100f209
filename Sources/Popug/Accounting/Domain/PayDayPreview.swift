public import PopugEvents
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
    /// Where the time zone of pay day has it.
    public let today: CalendarDate
    /// The last day that is closed, paid or not; nil: none is.
    public let lastClosed: CalendarDate?
    /// What the day has paid, where it is closed already: closing it again pays nobody.
    public let closed: ClosedDay?

    /// The day is not over yet.
    public var isToday: Bool { payments.day == today }

    /// How many wages the close pays, of all these days: who gets something for two of them is paid twice.
    public var people: Int64 { earlier.reduce(payments.people) { $0 + $1.people } }

    /// How much they are in all.
    public var total: Money { (earlier + [payments]).map(\.total).sum }
}
