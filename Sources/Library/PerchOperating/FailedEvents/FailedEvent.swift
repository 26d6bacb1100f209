import FoundationEssentials
public import Perch
public import Postgres

/// An event that lies in `perch.failed_events`: it failed and is tried again, is held behind such a one, or is a dead letter.
public struct FailedEvent: Sendable, Hashable, Identifiable {
    /// What becomes of it.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// It is tried again by itself; or it waits for what it needs.
        case failed
        /// It waits behind an earlier event of its key.
        case held
        /// An operator has to retry or discard it.
        case dead
    }

    /// The number of its row. It stays the same as long as the event lies there, and is never used again.
    public let id: Int64
    /// The event as it was delivered; its data as last corrected.
    public let delivery: Delivery
    /// What becomes of it.
    public let state: State
    /// Why its handler failed the last time; empty if it is held. If it is to be replayed: who asked for that.
    public let error: String
    /// How often its handler has failed since it came here or an operator retried it.
    public let attempts: Int
    /// How often it had to wait for what it needs; these are no attempts.
    public let waits: Int
    /// When its state last changed by itself.
    public let failedAt: Timestamp
    /// When its handler last ran; nil: never.
    public let lastAttempt: Timestamp?
    /// When it is tried again; nil unless it has failed.
    public let nextAttempt: Timestamp?
    /// The data as it was delivered, where an operator has corrected it.
    public let originalData: [UInt8]?
    /// Changes with its state, its attempts and its data. A correction that names it does not overwrite what somebody else has changed
    /// since.
    public let revision: Revision

    /// Compared, and nothing else.
    public struct Revision: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        /// Sixteen hexadecimal digits.
        public let rawValue: String
        /// Takes any text. One that no failed event has counts as changed.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// Sixteen hexadecimal digits.
        public var description: String { rawValue }
    }
}

extension FailedEvent {
    init(_ row: borrowing Row) throws {
        id = try row.decode("id")
        delivery = Delivery(
            partition: try row.partition(),
            entryID: try row.entryID(at: try row.decode("position")),
            envelope: try Envelope(failedRow: row)
        )
        state = State(rawValue: try row.decode("state", as: String.self)) ?? .dead
        error = try row.decode("error")
        attempts = Int(try row.decode("attempts", as: Int32.self))
        waits = Int(try row.decode("waits", as: Int32.self))
        failedAt = try row.decode("failed_at")
        lastAttempt = try row.decodeIfPresent("last_attempt_at")
        nextAttempt = try row.decodeIfPresent("next_attempt_at")
        originalData = try row.decodeIfPresent("original_payload")
        revision = Revision(rawValue: try row.decode("revision"))
    }

    /// What is read of a row `f`.
    static let columns: StaticString =
        """
        f.*, left(encode(sha256(convert_to(f.state || ' ' || f.attempts || ' ', 'UTF8') || f.payload), 'hex'), 16) AS revision
        """
}
