public import Perch
public import Postgres

/// What `PartitionChanges.repartition` would do, and what stands in its way. Nothing is changed by making one.
public struct RepartitionPlan: Sendable, Hashable {
    /// The topic.
    public let topic: TopicName
    /// How many partitions it has, by its owner's database.
    public let before: Int
    /// How many it would have.
    public let after: Int
    /// Since when the topic is held: by a change under way, or by one that was broken off.
    public let heldSince: Timestamp?
    /// Committed events that wait in the outbox, counted up to 100,000 a partition.
    public let waiting: Int
    /// The groups that the contract declares for it.
    public let groups: [RepartitionReadiness]
    /// What somebody should know before: one sentence each.
    public let notes: [String]

    /// The first thing in the way, if any: the change would be refused.
    public var hindrance: RepartitionHindrance? { groups.lazy.compactMap(\.hindrance).first }
    /// There is nothing to change and nothing to let go.
    public var isDone: Bool { before == after && heldSince == nil }
}
