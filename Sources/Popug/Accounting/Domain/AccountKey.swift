public import Foundation

/// An account's place in lists, which are in the order of the names.
public struct AccountKey: Sendable, Hashable {
    /// The name in lower case.
    public let name: String
    /// Of equal names the one with the smaller id is first.
    public let userID: UUID

    /// A place need not be one of an account that there is.
    public init(name: String, userID: UUID) {
        self.name = name
        self.userID = userID
    }
}
