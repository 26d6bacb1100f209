public import FoundationEssentials
import Perch
public import PerchProtocol
public import Postgres

/// An event that waits until it is due. Nobody has seen it.
public struct DelayedEvent: Sendable, Hashable, Identifiable {
    /// The event's own id.
    public let id: UUID
    /// The topic that it will be published to.
    public let topic: TopicName
    /// As its publisher spelled it.
    public let type: EventType
    /// The version of its fields.
    public let version: Int
    /// Events of one key are in order.
    public let key: String
    /// When it is to be published; nil where that is not within the years 1 to 9999.
    public let dueAt: Timestamp?
    /// When it was asked for.
    public let askedAt: Timestamp
    /// The W3C trace context of who asked for it.
    public let traceparent: String?
    /// The JSON text, byte for byte.
    public internal(set) var data: [UInt8]

    init(_ row: borrowing Row) throws {
        id = try row.decode("event_id")
        topic = try row.decode("topic")
        type = try row.decode("type")
        version = Int(try row.decode("version", as: Int32.self))
        key = try row.decode("key")
        let due = try? row.decode("due_at", as: Timestamp.self)
        dueAt = due == due?.inYears ? due : nil
        askedAt = try row.decode("asked_at")
        traceparent = try row.decodeIfPresent("traceparent")
        data = Array(try row.decode("data", as: String.self).utf8)
    }
}
