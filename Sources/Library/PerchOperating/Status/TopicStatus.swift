public import Perch

/// How a topic is: its streams in Redis, and what waits in its owner's outbox. What was not told is nil.
public struct TopicStatus: Sendable {
    /// As the contract declares it.
    public let topic: TopicContract
    /// All of its partitions, in order.
    public let partitions: [PartitionStatus]
    /// Committed events that have no position yet, counted up to 100,000 a partition.
    public internal(set) var waiting: Int?
    /// How long ago the first of them happened; zero where none waits.
    public internal(set) var waitingAge: Duration?
    /// Events that wait until they are due, counted up to 100,000.
    public internal(set) var delayed: Int?
    /// Since when the first of them is due; zero where none is.
    public internal(set) var overdue: Duration?
    /// Servers that did not tell.
    public let problems: [ServerProblem]

    /// A partition's stream.
    public struct PartitionStatus: Sendable, Hashable {
        /// Which one.
        public let partition: Partition
        /// How many entries it holds; 0 where there is no stream.
        public internal(set) var length: Int64?
        /// Its first entry.
        public internal(set) var first: EntryID?
        /// The last entry that it was given, whether it is still there or not.
        public internal(set) var last: EntryID?
        /// How many positions between its first and its last entry are not there.
        public internal(set) var missing: Int64?
        /// Events a second over the last minute.
        public internal(set) var rate: Double?
        /// The last position that the owner has given, by its database.
        public internal(set) var published: Position?
        /// Why Redis does not tell of this stream alone: it is another kind of key, or the user has no right to it.
        public internal(set) var trouble: String?
    }
}
