public import PopugEvents
public import Postgres

/// How far the close of a day is, by what is committed: it goes on from there, whoever has begun it.
public struct PayDayProgress: Sendable, Hashable {
    /// The day that was closed; what it had to pay for days before it is counted too.
    public let day: CalendarDate
    /// What is paid.
    public let soFar: PaidSoFar
    /// How many wages are left to pay.
    public let left: Int64
    /// How much in all.
    public let leftTotal: Money

    /// How many wages are paid.
    public var paid: Int64 { soFar.people }
    /// How much they are in all.
    public var paidTotal: Money { soFar.total }
    /// All are paid, and that is recorded.
    public var isDone: Bool { soFar.isDone }
    /// How many wages there are.
    public var wages: Int64 { paid + left }
}
