import FoundationEssentials
public import Perch
import PerchProtocol

/// What an erasing would take away. Made by `Erasures.plan`.
public struct ErasurePlan: Sendable {
    /// One group's part.
    public struct Group: Sendable, Hashable {
        /// Which group.
        public let group: GroupName
        /// How many of the events the group has not read yet.
        public let unread: Int
        /// How many lie in its failed events.
        public let failed: Int
    }

    /// The topic.
    public let topic: TopicName
    /// The key whose events are erased.
    public let key: String
    /// How many events have a place in the log. Their places stay, empty.
    public var log: Int { events.count }
    /// How many wait in the outbox, or are delayed.
    public let outbox: Int
    /// How many lie in `perch.refused_events`.
    public let refused: Int
    /// How many foreign entries name the key as their subject.
    public let foreign: Int
    /// How many entries of the streams name the key as their subject.
    public let stream: Int
    /// How many records of `perch.operations`, in all databases, hold the key or data of its events.
    public let records: Int
    /// The groups that the contract declares.
    public let groups: [Group]

    /// The events that have a place.
    let events: [PlacedEvent]
    /// Up to where each partition was looked through.
    let ends: [Partition: Position]

    /// There is nothing to erase.
    public var isEmpty: Bool {
        log + outbox + refused + foreign + stream + records == 0 && groups.allSatisfy { $0.failed == 0 }
    }

    /// Some of it has not taken effect everywhere, and never will: it waits in the outbox, a group has not read it, or it lies in
    /// failed events. Such events are erased only on demand.
    public var isUnhandled: Bool { outbox > 0 || groups.contains { $0.unread > 0 || $0.failed > 0 } }
}

/// An event of the log.
struct PlacedEvent: Sendable, Hashable {
    let partition: Partition
    let id: EntryID
    let eventID: UUID
}
