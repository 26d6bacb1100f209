package import Postgres

/// A row of the outbox that nobody has looked at: its values as Postgres has them, whatever they are.
package struct UncheckedRow {
    package let topic: TopicName
    package let partition: PartitionNumber
    /// How many its topic has; nil: the database does not have the topic.
    let partitions: Int?
    package let sequence: Int64
    let type: [UInt8]
    let version: Int32
    let key: [UInt8]
    /// Nil where it is infinite.
    let time: Timestamp?
    let data: [UInt8]

    package init(
        topic: TopicName,
        partition: PartitionNumber,
        partitions: Int?,
        sequence: Int64,
        type: [UInt8],
        version: Int32,
        key: [UInt8],
        time: Timestamp?,
        data: [UInt8]
    ) {
        self.topic = topic
        self.partition = partition
        self.partitions = partitions
        self.sequence = sequence
        self.type = type
        self.version = version
        self.key = key
        self.time = time
        self.data = data
    }

    /// Reads the columns of `LogEntryReader.columns`, with the sequence in the place of the milliseconds and the topic's number of
    /// partitions in that of the trace.
    init(_ row: borrowing Row) throws {
        topic = try row.decode(0)
        partition = try row.decode(1)
        sequence = try row.decode(3)
        type = Array(try row.bytes(5) ?? .init(start: nil, count: 0))
        version = try row.decode(6)
        key = Array(try row.bytes(7) ?? .init(start: nil, count: 0))
        partitions = try row.decodeIfPresent(9, as: String.self).flatMap { Int($0) }
        time = try? row.decode(8, as: Timestamp.self)
        data = Array(try row.bytes(10) ?? .init(start: nil, count: 0))
    }
}
