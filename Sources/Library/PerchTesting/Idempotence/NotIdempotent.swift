public import Perch

/// A cut has made a difference to what a group's handlers leave in the database.
public struct NotIdempotent: Error, Hashable, CustomStringConvertible {
    /// Whose handlers.
    public let group: GroupName
    /// How the event came.
    public let cut: DeliveryCut
    /// Which event, as `order_placed of key order-1 (event 1 of 3)`; nil where it was all of them together.
    public let event: String?
    /// The first difference: the table, the row, what differs. Or what a handler has thrown.
    public let difference: String

    /// Two lines: who and when; what differs.
    public var description: String {
        """
        \(group) is not idempotent: \(event ?? "the end") is another one \(cut).
          \(difference)
        """
    }
}
