public import Foundation
public import PopugEvents
public import Postgres

/// What a day has paid to an account.
public struct Wage: Sendable, Hashable {
    /// Who was paid.
    public let userID: UUID
    /// The id's first 8 characters where the events did not tell.
    public let name: String
    /// More than zero.
    public let amount: Money
    /// When it was paid.
    public let at: Timestamp
    /// Its place in the list, which is in the order of the names.
    public let key: AccountKey
}
