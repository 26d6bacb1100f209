public import Perch

/// What a replay of chosen events would do.
public struct SelectedReplayPlan: Sendable, Hashable {
    /// Who handles them again.
    public let group: GroupName
    /// Of which topic they are.
    public let topic: TopicName
    /// As they were chosen.
    public let selection: ReplaySelection
    /// Partition by partition; those without any are left out.
    public let steps: [Step]
    /// What somebody should know before: one sentence each.
    public let notes: [String]

    /// How many events are handled again, but for what lies in failed events.
    public var events: Int64 { steps.reduce(0) { $0 + $1.events } }

    /// The most events of one replay: they are written into Postgres once more, in one transaction.
    public static let most: Int64 = 100_000

    /// One partition's events.
    public struct Step: Sendable, Hashable {
        /// Which one.
        public let partition: Partition
        /// The first of them.
        public let first: EntryID
        /// The last of them.
        public let last: EntryID
        /// How many there are.
        public let events: Int64
        /// How many of them lie in failed events already, and stay there as they are.
        public let skipped: Int64
    }
}
