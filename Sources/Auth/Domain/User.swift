public import Foundation
public import PopugEvents
public import Postgres

/// A user, without the password.
public struct User: Sendable, Hashable, Codable {
    /// A UUIDv7, made by auth; the key of the user's events.
    public let userID: UUID
    /// As it is shown.
    public let name: String
    /// As it was typed; no two users' emails differ in case only.
    public let email: String
    /// What the user may do; tickets are assigned to employees only.
    public let role: Role
    /// Also the time of the event `user_created`.
    public let createdAt: Timestamp

    enum CodingKeys: String, CodingKey {
        case userID = "user_id"
        case name, email, role
        case createdAt = "created_at"
    }
}
