public import Perch

/// How far a consumer group has come, by partition. What Redis or Postgres did not tell is nil, never 0.
public struct GroupStatus: Sendable, Hashable {
    /// Whose status it is.
    public let group: GroupName
    /// The partitions of the topics that the contract says it reads, in order.
    public let partitions: [PartitionStatus]
    /// Servers that did not tell.
    public let problems: [ServerProblem]

    /// A partition as the group sees it.
    public struct PartitionStatus: Sendable, Hashable {
        /// Which one.
        public let partition: Partition
        /// Up to where its effects are committed; also nil as long as no worker of the group has ever started.
        public internal(set) var checkpoint: EntryID?
        /// The worker that holds its lease; nil also where it is free or expired.
        public internal(set) var owner: String?
        /// The last entry that the stream was given; also nil where there is no stream.
        public internal(set) var lastEntry: EntryID?
        /// The first entry of the stream past the checkpoint; nil where there is none, or no checkpoint.
        public internal(set) var nextEntry: EntryID?
        /// Whether an operator has paused it; nil where Postgres did not tell, or no worker has ever started.
        public internal(set) var isPaused: Bool?
        /// How many entries Redis has delivered and not yet heard the acknowledgement of; nil where the group is not there.
        public internal(set) var pending: Int64?
        /// How many events are past the checkpoint. Nil where it is not known, and where the stream ends before the checkpoint, since Redis
        /// has lost events. From `SystemStatus.groups` it is also known while only Redis is away.
        public internal(set) var lag: Int64?
        /// `lag` is told by the owner's database, since Redis did not tell: by the last position that was given.
        public internal(set) var isLagFromLog = false
        /// How long the event after the checkpoint has been in its partition; zero where there is none.
        public internal(set) var oldestUnprocessedAge: Duration?
        /// Events that could not be processed.
        public internal(set) var failed: Failures?
    }

    /// Counts by state; of a group, 100,000 are counted at the most.
    public struct Failures: Sendable, Hashable {
        /// Tried again by themselves.
        public internal(set) var failed = 0
        /// Behind a failed or dead one of their key.
        public internal(set) var held = 0
        /// Dead letters: they wait for an operator.
        public internal(set) var dead = 0

        /// None of any state.
        public init() {}
    }
}
