public import Foundation
public import PopugEvents
public import Postgres

/// A user, without the password.
public struct User: Sendable, Hashable, Codable {
    /// A UUIDv7, made by auth; the key of the user's events.
    public let userID: UUID
    /// As it is shown.
    public let name: String
    /// As it was typed; no two users' emails are the same but for case and ways to write a character.
    public let email: String
    /// What the user may do; tickets are assigned to employees only.
    public let role: Role
    /// Also the time of the event `user_created`.
    public let createdAt: Timestamp
    /// Since when it has been kept out; nil for users who may log in.
    public let disabledAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case userID = "user_id"
        case name, email, role
        case createdAt = "created_at"
        case disabledAt = "disabled_at"
    }
}

extension User {
    /// The user of a row that has the columns of `auth.users`.
    init(_ row: borrowing Row) throws {
        guard let role = Role(rawValue: try row.decode("role")) else { throw UnknownRole() }
        self.init(
            userID: try row.decode("user_id"),
            name: try row.decode("name"),
            email: try row.decode("email"),
            role: role,
            createdAt: try row.decode("created_at"),
            disabledAt: try row.decodeIfPresent("disabled_at")
        )
    }

    /// Never so: the column is checked.
    private struct UnknownRole: Error {}
}
