public import Foundation
public import Perch

/// `user_created`: auth created an account. Topic `users`; version 2 adds `name` and `email`.
public struct UserCreated: Event, Hashable {
    /// Declared in `streams/users.yaml`.
    public static let type: EventType = "user_created"
    /// Published to by auth alone.
    public static let topic: TopicName = "users"

    /// The new user.
    public let userID: UUID
    /// What the user may do; tickets are assigned to employees only.
    public let role: Role
    /// Nil in version 1: the first 8 characters of the id are shown then.
    public let name: String?
    /// Nil in version 1.
    public let email: String?

    /// Version 2 with both `name` and `email`, else version 1.
    public init(userID: UUID, role: Role, name: String? = nil, email: String? = nil) {
        self.userID = userID
        self.role = role
        self.name = name
        self.email = email
    }

    /// 2 with both a name and an email, else 1.
    public var version: Int { name != nil && email != nil ? 2 : 1 }
    /// The user's id in lowercase: the events of a user stay in order.
    public var key: String { userID.key }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case userID = "user_id"
        case role, name, email
    }
}
