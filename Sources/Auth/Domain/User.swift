public import Foundation
public import PopugEvents
public import Postgres

/// A user, without the password.
public struct User: Sendable, Hashable, Codable {
    public let userID: UUID
    /// As it is shown.
    public let name: String
    /// As it was typed; no two users' emails differ in case only.
    public let email: String
    public let role: Role
    public let createdAt: Timestamp

    enum CodingKeys: String, CodingKey {
        case userID = "user_id"
        case name, email, role
        case createdAt = "created_at"
    }
}
