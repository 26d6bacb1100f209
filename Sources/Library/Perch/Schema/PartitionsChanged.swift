/// The contract and the database disagree on a topic's number of partitions.
public struct PartitionsChanged: Error, CustomStringConvertible {
    /// The topic, as both name it.
    public let topic: TopicName
    /// The number of partitions that publishers go by.
    public let inDatabase: Int
    /// The number of partitions that the contract has now.
    public let inContract: Int

    /// Both numbers, and how each is made the other.
    public var description: String {
        """
        topic \(topic) has \(inDatabase) partitions in the database and \(inContract) in the contract: if \(inDatabase) is \
        right, set `partitions: \(inDatabase)` in streams/\(topic).yaml; if \(inContract) is, change the number in the \
        database first, so that the order of each key is kept (docs/partitions.md)
        """
    }
}
