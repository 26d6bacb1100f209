public import FoundationEssentials
public import Postgres

/// An event as a handler receives it: its envelope and its place.
public struct Delivery: Sendable, Hashable {
    public let partition: Partition
    public let entryID: EntryID
    public let envelope: Envelope

    public init(partition: Partition, entryID: EntryID, envelope: Envelope) {
        self.partition = partition
        self.entryID = entryID
        self.envelope = envelope
    }

    /// The event's own id: what handlers are idempotent by.
    public var id: UUID { envelope.id }
    public var topic: TopicName { partition.topic }
    public var type: EventType { envelope.type }
    public var version: Int { envelope.version }
    public var subject: String { envelope.subject }
    public var time: Timestamp { envelope.time }

    /// Decodes the event's data, strictly.
    ///
    /// A version newer than the type knows is read as the newest it knows: versions only add.
    /// - Throws: `UndecodableEvent`, which makes the event a dead letter when a handler lets it through.
    public func decode<E: Event>(_ event: E.Type = E.self) throws -> E {
        try EventCoding.decode(event, from: envelope.data)
    }
}

/// A batch handler failed because of this event: the others of the batch are not to blame.
public struct DeliveryError: Error, CustomStringConvertible {
    public let delivery: Delivery
    public let underlying: any Error

    public init(_ delivery: Delivery, _ underlying: any Error) {
        self.delivery = delivery
        self.underlying = underlying
    }

    public var description: String {
        "\(delivery.type) \(delivery.id.text) at \(delivery.partition) \(delivery.entryID): \(underlying)"
    }
}
