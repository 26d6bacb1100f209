public import Foundation
public import Perch

/// `user_wage_paid`: a positive balance was paid out at the close of a day. Topic `wages`.
public struct UserWagePaid: Event, Hashable {
    /// Declared in `streams/wages.yaml`.
    public static let type: EventType = "user_wage_paid"
    /// Published to by accounting alone.
    public static let topic: TopicName = "wages"

    /// Who was paid.
    public let userID: UUID
    /// More than zero.
    public let amount: Money

    /// That the amount is more than zero is not checked here.
    public init(userID: UUID, amount: Money) {
        self.userID = userID
        self.amount = amount
    }

    /// There is one version only.
    public var version: Int { 1 }
    /// The user's id in lowercase: the events of a user stay in order.
    public var key: String { userID.key }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case userID = "user_id"
        case amount
    }
}
