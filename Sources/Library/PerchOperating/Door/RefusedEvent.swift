public import FoundationEssentials
import Perch
public import PerchProtocol
public import Postgres

/// A row of the outbox that got no position: no reader would take it, or it is not as the contract says.
public struct RefusedEvent: Sendable, Hashable, Identifiable {
    /// The number of its row in `perch.refused_events`.
    public let id: Int64
    /// The topic that it was published to, also one that its database does not have.
    public let topic: TopicName
    /// The partition that its row named, also one that the topic does not have.
    public let partition: PartitionNumber
    /// Its place in the outbox: later rows of its key may have gone ahead of it since.
    public let sequence: Int64
    /// The event's own id.
    public let eventID: UUID
    /// As its publisher spelled it.
    public let type: EventType
    /// The version of its fields, as its publisher says.
    public let version: Int
    /// Events of one key are in order.
    public let key: String
    /// When it happened, as its publisher says; nil where that is not within the years 1 to 9999.
    public let time: Timestamp?
    /// The JSON text, byte for byte.
    public let data: [UInt8]
    /// Why it was refused.
    public let reason: String
    /// When.
    public let refusedAt: Timestamp

    init(_ row: borrowing Row) throws {
        id = try row.decode("id")
        topic = try row.decode("topic")
        partition = try row.decode("partition")
        sequence = try row.decode("sequence")
        eventID = try row.decode("event_id")
        type = try row.decode("type")
        version = Int(try row.decode("version", as: Int32.self))
        key = try row.decode("key")
        let time = try? row.decode("time", as: Timestamp.self)
        self.time = time == time?.inYears ? time : nil
        data = Array(try row.decode("data", as: String.self).utf8)
        reason = try row.decode("reason")
        refusedAt = try row.decode("refused_at")
    }

    /// New values for a refused event. A nil property stays as it is.
    public struct Correction: Sendable, Hashable {
        /// Its type.
        public var type: EventType?
        /// The version of its fields.
        public var version: Int?
        /// Its key, and with it the partition.
        public var key: String?
        /// When it happened.
        public var time: Timestamp?
        /// Its data, a JSON object.
        public var data: [UInt8]?

        /// Nothing is corrected.
        public init() {}
    }
}
