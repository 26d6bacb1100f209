public import PopugEvents
public import Postgres

/// How far the close of a day is, by what is committed: it goes on from there, whoever has begun it.
public struct PayDayProgress: Sendable, Hashable {
    /// The day that was closed; what it had to pay for days before it is counted too.
    public let day: CalendarDate
    /// When it was closed.
    public let closedAt: Timestamp
    /// How many wages are paid.
    public let paid: Int64
    /// How much in all.
    public let paidTotal: Money
    /// How many are left to pay.
    public let left: Int64
    /// How much in all.
    public let leftTotal: Money
    /// All are paid, and that is recorded.
    public let isDone: Bool

    /// How many wages there are.
    public var wages: Int64 { paid + left }
}
