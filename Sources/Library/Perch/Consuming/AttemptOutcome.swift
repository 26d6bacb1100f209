package import PerchProtocol

/// What came of one event's handler.
package enum AttemptOutcome: Hashable, Sendable {
    /// The handler succeeded and what it wrote stays, or it said that there is nothing to do.
    case stands
    /// The group has no handler for it.
    case skipped
    /// It is undone.
    case failed(EventFailure)
}
