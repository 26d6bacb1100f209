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

/// How near a group is to having finished a topic.
public struct RepartitionReadiness: Sendable, Hashable {
    /// The group.
    public let group: GroupName
    /// How many events it has yet to read.
    public let behind: Int64
    /// Events that are tried again by themselves, and those that are held behind others.
    public let failed: Int, held: Int
    /// Dead letters.
    public let dead: Int
    /// What keeps it from finishing; nil if it only takes time.
    public let hindrance: RepartitionHindrance?

    /// It has read all, and nothing of it failed.
    public var isFinished: Bool { behind == 0 && hindrance == nil }

    /// `accounting has 12 events to read, 3 failed and 1 held`.
    public var summary: String {
        var parts: [String] = []
        if behind > 0 { parts.append("\(behind) events to read") }
        if failed > 0 { parts.append("\(failed) failed") }
        if held > 0 { parts.append("\(held) held") }
        if dead > 0 { parts.append("\(dead) dead letters") }
        return parts.isEmpty ? "\(group) has read all" : "\(group) has " + parts.joined(separator: ", ")
    }
}

/// Why a group does not finish a topic by itself.
public struct RepartitionHindrance: Sendable, Hashable {
    /// What it is, with the group's name.
    public let reason: String
    /// What to do about it.
    public let advice: Advice
    /// It may also go by itself.
    public let mayPass: Bool
}

/// How far a change has come.
public enum RepartitionProgress: Sendable, Hashable {
    /// Nothing of the topic gets a position any more.
    case held
    /// Groups finish what has one.
    case draining([RepartitionReadiness])
    /// Transactions that publish are waited for; the oldest of them, where that is known.
    case waitingForPublishers(String?)
    /// The topic has its new number.
    case switched(RepartitionPlan)
    /// A group's leases are those of the new layout.
    case told(GroupName)
    /// Positions are given again.
    case letGo
}

/// A change that was broken off at a place from which it has to be gone on with: the topic is held, and its events wait.
public struct RepartitionUnfinished: Error, Sendable, CustomStringConvertible {
    /// The topic that is held.
    public let topic: TopicName
    /// The number of partitions to give again.
    public let partitions: Int
    /// Why it was broken off.
    public let cause: String
    /// What helps against that, where it is known.
    public let advice: Advice?

    init(_ topic: TopicName, to partitions: Int, _ error: any Error) {
        (self.topic, self.partitions) = (topic, partitions)
        cause = error is CancellationError ? "interrupted" : "\(error)"
        advice = (error as? OperationRefused)?.advice
    }

    /// What happened. To go on, the same number of partitions has to be given again.
    public var description: String { "\(cause). Topic \(topic) stays held: what is published waits in the outbox" }
}
