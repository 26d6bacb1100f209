public import Foundation

/// Somebody whom tickets are assigned to.
public struct Employee: Sendable, Hashable {
    /// As events and tickets have it.
    public let userID: UUID
    /// The id's first 8 characters where the events did not tell.
    public let name: String
}
