import FoundationEssentials
import PageKit
import Perch

/// Where things have their pages.
enum Places {
    static func topic(_ name: TopicName) -> LinkTarget { LinkTarget(["topics", name.rawValue]) ?? "/topics" }

    static func partition(_ partition: Partition) -> LinkTarget {
        LinkTarget(["topics", partition.topic.rawValue, "partitions", "\(partition.number)"]) ?? "/topics"
    }

    static func event(_ id: EntryID, in topic: TopicName) -> LinkTarget {
        LinkTarget(["topics", topic.rawValue, "events", "\(id)"]) ?? "/topics"
    }

    static func event(_ id: UUID, in topic: TopicName) -> LinkTarget {
        LinkTarget(["topics", topic.rawValue, "events", id.text]) ?? "/topics"
    }

    static func events(of topic: TopicName) -> LinkTarget {
        LinkTarget(["topics", topic.rawValue, "events"]) ?? "/topics"
    }

    static func delays(of topic: TopicName) -> LinkTarget {
        LinkTarget(["delays"], query: [("topic", topic.rawValue)]) ?? "/delays"
    }

    static func tail(_ topic: TopicName) -> LinkTarget { LinkTarget(["tail", topic.rawValue]) ?? "/topics" }

    static func group(_ name: GroupName) -> LinkTarget { LinkTarget(["groups", name.rawValue]) ?? "/groups" }

    static func trace(key: String) -> LinkTarget { LinkTarget(["trace"], query: [("key", key)]) ?? "/trace" }

    static func trace(event id: UUID) -> LinkTarget {
        LinkTarget(["trace"], query: [("event", id.text)]) ?? "/trace"
    }

    static func operation(_ id: UUID) -> LinkTarget { LinkTarget(["operations", id.text]) ?? "/operations" }

    /// - Parameter count: Nil: it is asked for.
    static func partitions(of topic: TopicName, to count: Int? = nil) -> LinkTarget {
        LinkTarget(["partitions", topic.rawValue], query: [("to", count.map { "\($0)" })]) ?? "/topics"
    }

    static func replay(_ topic: TopicName, to group: GroupName) -> LinkTarget {
        LinkTarget(["replay", group.rawValue, topic.rawValue]) ?? "/groups"
    }

    /// What an operation did.
    static func audit(of operation: UUID) -> LinkTarget {
        LinkTarget(["audit"], query: [("operation", operation.text)]) ?? "/audit"
    }

    /// Records that have a text.
    static func audit(_ text: String, of group: GroupName) -> LinkTarget {
        LinkTarget(["audit"], query: [("group", group.rawValue), ("text", text)]) ?? "/audit"
    }

    /// - Parameter below: A page of it, such as `edit`.
    static func failed(_ group: GroupName, number: Int64, _ below: String...) -> LinkTarget {
        LinkTarget(["failed", group.rawValue, "\(number)"] + below) ?? "/failed"
    }

    /// The list of what failed, narrowed down.
    static func failed(_ fields: [(String, String?)]) -> LinkTarget {
        LinkTarget(["failed"], query: fields) ?? "/failed"
    }
}
