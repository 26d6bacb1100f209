import Perch

public struct OrderPlaced: Event {
    public static let type: EventType = "order_placed"
    public static let topic: TopicName = "orders"
    public let orderID: String
    public let cents: Int
    public var version: Int { 1 }
    public var key: String { orderID }
    enum CodingKeys: String, CodingKey { case orderID = "order_id", cents }

    public init(orderID: String, cents: Int) {
        self.orderID = orderID
        self.cents = cents
    }
}
