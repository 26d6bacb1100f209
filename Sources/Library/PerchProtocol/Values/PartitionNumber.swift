/// The number of a partition within its topic, from 0.
public struct PartitionNumber: RawRepresentable, Hashable, Comparable, Sendable, Codable,
    ExpressibleByIntegerLiteral, CustomStringConvertible
{
    /// 0 to one less than the topic's number of partitions. Always within an `int` of Postgres, whoever has named it: it is
    /// converted to one without a look.
    public let rawValue: Int
    /// Not checked against the topic. Beyond an `Int32` it is the nearest one, which no topic has.
    public init(rawValue: Int) { self.rawValue = Int(Int32(clamping: rawValue)) }
    /// A literal such as `0`; not checked against the topic.
    public init(integerLiteral value: Int) { self.init(rawValue: value) }
    /// The bare number, as a stream's name ends with it.
    public var description: String { String(rawValue) }
    /// As numbers: 10 comes after 9.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The partition of a key: CRC-32 (ISO-HDLC, the one of zlib) of its UTF-8 bytes, modulo the topic's partitions.
    ///
    /// The same key gives the same partition in every language, and for as long as the number of partitions stays.
    public init(key: String, of partitions: Int) {
        precondition(partitions > 0, "a topic has at least one partition")
        // What is beyond a UInt32 is no number of partitions; the remainder is less than any that is.
        self.init(rawValue: Int(CRC32.checksum(key)) % partitions)
    }
}
