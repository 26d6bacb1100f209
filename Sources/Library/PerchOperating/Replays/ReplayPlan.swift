public import Perch

/// What a replay would do: where each partition is, and to where it would go back.
public struct ReplayPlan: Sendable, Hashable {
    /// Whose checkpoints are set back.
    public let group: GroupName
    /// In which topic.
    public let topic: TopicName
    /// Partition by partition.
    public let steps: [Step]
    /// What somebody should know before: one sentence each.
    public let notes: [String]

    /// How many events are read again.
    public var events: Int64 { steps.reduce(0) { $0 + $1.events } }

    /// One partition's step back.
    public struct Step: Sendable, Hashable {
        /// Which one.
        public let partition: Partition
        /// The checkpoint as it is.
        public let before: EntryID
        /// The checkpoint as it would be: what comes after it is read again.
        public let after: EntryID
        /// How many events lie between.
        public var events: Int64 { before.position - after.position }
    }
}
