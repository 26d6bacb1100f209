public import FoundationEssentials
public import Postgres

/// An event as a handler receives it: its envelope and its place.
public struct Delivery: Sendable, Hashable {
    /// The partition it was read from; it tells the topic.
    public let partition: Partition
    /// The entry's place in the partition. The same event may come again in another entry: see `id`.
    public let entryID: EntryID
    /// The event's attributes, and its data, not decoded yet.
    public let envelope: Envelope

    /// Workers make deliveries; this is for tests of handlers.
    public init(partition: Partition, entryID: EntryID, envelope: Envelope) {
        self.partition = partition
        self.entryID = entryID
        self.envelope = envelope
    }

    /// The event's own id: what handlers are idempotent by.
    public var id: UUID { envelope.id }
    /// The partition's topic: envelopes do not name it.
    public var topic: TopicName { partition.topic }
    /// Which Swift type to decode it as.
    public var type: EventType { envelope.type }
    /// The version of the type's fields, from 1; it may be newer than this program knows.
    public var version: Int { envelope.version }
    /// The key: events of one subject come in order.
    public var subject: String { envelope.subject }
    /// When it happened, as its publisher says; not when it was delivered.
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
