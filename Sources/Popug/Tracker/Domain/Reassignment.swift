public import Foundation
public import Postgres

/// A press of reassign: who did it, and what became of it.
public struct Reassignment: Sendable, Hashable {
    /// What is to be said of it.
    public enum State: String, Sendable, Hashable {
        /// It is committed.
        case finished
        /// Some process is at it, or waits for the one before it.
        case underWay
        /// No process is at it: it ended before the commit, or has not begun. Nothing was changed; the same id may be run again.
        case stopped
    }

    /// Given by whoever asked for it.
    public let id: UUID
    /// The manager or admin who pressed.
    public let by: UUID
    /// The id's first 8 characters where the events did not tell.
    public let byName: String
    /// When it was pressed.
    public let at: Timestamp
    /// Shortly before its commit; nil as long as that has not come.
    public let finishedAt: Timestamp?
    /// How many tickets went to an employee; nil as long as it is not finished.
    public let tickets: Int?
    /// As it was when it was read.
    public let state: State
}

extension Reassignment {
    /// From a row of `Reassignments`.
    init(_ row: borrowing Row) throws {
        id = try row.decode("id")
        by = try row.decode("by_user")
        byName = try row.decode("by_name")
        at = try row.decode("at")
        finishedAt = try row.decodeIfPresent("finished_at")
        tickets = try row.decodeIfPresent("tickets")
        let isUnderWay = try row.decode("is_under_way", as: Bool.self)
        state = finishedAt != nil ? .finished : isUnderWay ? .underWay : .stopped
    }
}
