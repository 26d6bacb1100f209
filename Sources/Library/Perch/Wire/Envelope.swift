public import FoundationEssentials
public import PerchProtocol
public import Postgres

/// An event as it travels: the CloudEvents 1.0 attributes around its data.
///
/// In a stream each attribute is a field of the entry, readable with redis-cli.
public struct Envelope: Sendable, Hashable {
    /// The event's own id (UUIDv7 where we make it): the same in outbox, stream and every handler.
    public var id: UUID
    /// Who published it: the topic's owner.
    public var source: String
    /// Which event of the contract it is: its fields go by type and version.
    public var type: EventType
    /// The version of the type's fields.
    public var version: Int
    /// The key: events of one subject stay in order.
    public var subject: String
    /// When it happened, to the millisecond.
    public var time: Timestamp
    /// W3C trace context of what caused it.
    public var traceparent: String?
    /// The JSON object, as published, byte for byte.
    public var data: [UInt8]

    /// Nothing is checked: streams and outbox refuse data above 64 KiB and keys above 256 bytes.
    public init(
        id: UUID,
        source: String,
        type: EventType,
        version: Int,
        subject: String,
        time: Timestamp,
        traceparent: String? = nil,
        data: [UInt8]
    ) {
        self.id = id
        self.source = source
        self.type = type
        self.version = version
        self.subject = subject
        self.time = time
        self.traceparent = traceparent
        self.data = data
    }

    /// Limits at the edge: what is larger is not ours.
    package enum Limits {
        package static var data: Int { EventCoding.dataLimit }
        static let attribute = 256
    }
}
