public import Foundation
public import Perch

/// `user_wage_paid`: a positive balance was paid out at the close of a day. Topic `wages`.
public struct UserWagePaid: Event, Hashable {
    public static let type: EventType = "user_wage_paid"
    public static let topic: TopicName = "wages"

    public let userID: UUID
    /// More than zero.
    public let amount: Money

    public init(userID: UUID, amount: Money) {
        self.userID = userID
        self.amount = amount
    }

    public var version: Int { 1 }
    public var key: String { userID.key }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case userID = "user_id"
        case amount
    }
}
