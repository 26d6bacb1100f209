/// The number of a partition within its topic, from 0.
public struct PartitionNumber: RawRepresentable, Hashable, Comparable, Sendable, Codable,
    ExpressibleByIntegerLiteral, CustomStringConvertible
{
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public init(integerLiteral value: Int) { self.rawValue = value }
    public var description: String { String(rawValue) }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The partition of a key: CRC-32 (ISO-HDLC, the one of zlib) of its UTF-8 bytes, modulo the topic's partitions.
    ///
    /// The same key gives the same partition in every language, and for as long as the number of partitions stays.
    public init(key: String, of partitions: Int) {
        precondition(partitions > 0, "a topic has at least one partition")
        self.rawValue = Int(CRC32.checksum(key.utf8) % UInt32(partitions))
    }
}

/// One partition of one topic: the unit of order, of leasing and of a Redis stream.
public struct Partition: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public let topic: TopicName
    public let number: PartitionNumber

    public init(_ topic: TopicName, _ number: PartitionNumber) {
        self.topic = topic
        self.number = number
    }

    /// The Redis key of the stream, without a namespace: `tickets:0`.
    public var description: String { "\(topic):\(number)" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.topic, left.number) < (right.topic, right.number)
    }
}
