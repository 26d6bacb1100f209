public import Perch
public import Postgres

/// A group was to read events again that came before its topic's partitions were changed. Their order would not be kept, so nothing was
/// changed.
public struct ReachesBeforeChange: Error, Sendable, Hashable, CustomStringConvertible {
    /// The topic whose partitions were changed.
    public let topic: TopicName
    /// Which group was to read again.
    public let group: GroupName
    /// How many partitions it had before, and has since.
    public let before: Int, after: Int
    /// When.
    public let changedAt: Timestamp

    /// What was changed, and what can be done.
    public var description: String { "\(reason). \(advice). Nothing was changed" }

    var reason: String {
        "\(topic) went from \(before) to \(after) partitions at \(changedAt): \(group) would read events from before and after "
            + "that mixed, and a key's order would be lost"
    }

    var advice: String { "Read again from a place after \(changedAt), in all partitions (docs/partitions.md)" }

    init(_ layout: TopicLayout, group: GroupName) {
        topic = layout.topic
        self.group = group
        before = layout.partitions
        after = layout.nextPartitions
        changedAt = layout.endedAt
    }
}
