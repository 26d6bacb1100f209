public import Foundation
public import PopugEvents
import Postgres

/// A user's account, as lists of accounts show it.
public struct Account: Sendable, Hashable, Codable {
    /// Whose it is.
    public let userID: UUID
    /// The id's first 8 characters where the events did not tell.
    public let name: String
    /// What the user could do when accounting heard of them.
    public let role: Role
    /// The sum of the account's ledger.
    public let balance: Money

    enum CodingKeys: String, CodingKey {
        case userID = "user_id"
        case name, role, balance
    }
}

extension Account {
    /// From a row with the name that is shown.
    init(_ row: borrowing Row) throws {
        userID = try row.decode("user_id")
        name = try row.decode("name")
        role = Role(rawValue: try row.decode("role")) ?? .employee
        balance = Money(cents: try row.decode("balance"))
    }
}

/// What an account holds, and what it has brought today.
public struct AccountStatement: Sendable, Hashable, Codable {
    /// Whose it is.
    public let userID: UUID
    /// The sum of the account's ledger.
    public let balance: Money
    /// Rewards less commissions of events of today. Wages do not count.
    public let earnedToday: Money

    enum CodingKeys: String, CodingKey {
        case userID = "user_id"
        case balance
        case earnedToday = "earned_today"
    }
}
