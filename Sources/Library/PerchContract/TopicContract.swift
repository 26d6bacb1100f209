/// What is declared of one topic.
public struct TopicContract: Sendable, Hashable {
    /// The name of its file too: `streams/NAME.yaml`.
    public let name: TopicName
    /// For people; empty if none is given.
    public let description: String
    /// The only service that publishes to the topic: the `source` of its entries.
    public let owner: String
    /// The field whose value is the key. Every version of every event has it, as a required string.
    public let key: String
    /// The number of partitions, 1 or more. In a system that has events change it by `PartitionChanges.repartition`: keys move, and keep
    /// their order.
    public let partitions: Int
    /// How long the Redis streams keep entries.
    public let retention: Retention
    /// How long the outbox log in Postgres keeps events: what can be replayed and rebuilt.
    public let archive: Archive
    /// The groups that must have acknowledged an entry before it is trimmed. One that is missing in Redis blocks
    /// trimming.
    public let groups: [GroupName]
    /// The events, in the order of the file.
    public let events: [EventContract]

    package init(
        name: TopicName,
        description: String = "",
        owner: String,
        key: String,
        partitions: Int,
        retention: Retention = Retention(age: nil, entries: nil),
        archive: Archive = Archive(age: nil),
        groups: [GroupName] = [],
        events: [EventContract]
    ) {
        self.name = name
        self.description = description
        self.owner = owner
        self.key = key
        self.partitions = partitions
        self.retention = retention
        self.archive = archive
        self.groups = groups
        self.events = events
    }

    /// The event of that type; nil if it is not declared in this topic.
    public func event(_ type: EventType) -> EventContract? {
        events.first { $0.type == type }
    }

    /// The partition of a key.
    public func partition(of key: String) -> Partition {
        Partition(name, PartitionNumber(key: key, of: partitions))
    }

    /// Every partition of the topic, by number.
    package var allPartitions: [Partition] {
        (0..<partitions).map { Partition(name, PartitionNumber(rawValue: $0)) }
    }
}
