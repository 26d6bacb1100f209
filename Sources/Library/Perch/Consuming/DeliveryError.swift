/// A batch handler failed because of this event: the others of the batch are not to blame.
public struct DeliveryError: Error, CustomStringConvertible {
    /// The event that is to blame, one of the batch.
    public let delivery: Delivery
    /// Why. An `UndecodableEvent` makes the event a dead letter; after anything else it is tried again.
    public let underlying: any Error

    /// For batch handlers: an `EventHandler` throws its error as it is.
    public init(_ delivery: Delivery, _ underlying: any Error) {
        self.delivery = delivery
        self.underlying = underlying
    }

    /// Type, id and place of the event, then the error.
    public var description: String {
        "\(delivery.type) \(delivery.id.text) at \(delivery.partition) \(delivery.entryID): \(underlying)"
    }
}
