/// One partition of one topic: the unit of order, of leasing and of a Redis stream.
public struct Partition: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The topic whose contract tells the number of partitions.
    public let topic: TopicName
    /// Which of the topic's partitions it is, from 0.
    public let number: PartitionNumber

    /// Neither is checked against a contract.
    public init(_ topic: TopicName, _ number: PartitionNumber) {
        self.topic = topic
        self.number = number
    }

    /// The Redis key of the stream, without a namespace: `tickets:0`.
    public var description: String { "\(topic):\(number)" }

    /// By topic, then by number: `tickets:9` before `tickets:10`.
    public static func < (left: Self, right: Self) -> Bool {
        (left.topic, left.number) < (right.topic, right.number)
    }
}
