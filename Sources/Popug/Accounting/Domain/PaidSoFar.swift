public import PopugEvents
public import Postgres

/// What the close of a day has paid so far; what it had to pay for days before it is counted too.
public struct PaidSoFar: Sendable, Hashable {
    /// When it was closed.
    public let closedAt: Timestamp
    /// When somebody was paid last, or the day was closed.
    public let lastStep: Timestamp
    /// How many wages are paid.
    public let people: Int64
    /// How much in all.
    public let total: Money
    /// All are paid, and that is recorded.
    public let isDone: Bool
}
