public import Perch

/// Some of the events that a group has read: a range, those of a key, or both.
public struct ReplaySelection: Sendable, Hashable {
    /// The first of them.
    public var from: StreamPlace
    /// The last of them, itself included: an entry, or what is not newer than a time. Nil: the last that the group has read.
    public var to: StreamPlace?
    /// Only events of this key; nil: of all.
    public var key: String?
    /// Only this partition; nil: all, or those that have the entries.
    public var partition: PartitionNumber?

    /// - Parameter from: Where it begins.
    public init(
        from: StreamPlace,
        to: StreamPlace? = nil,
        key: String? = nil,
        partition: PartitionNumber? = nil
    ) {
        self.from = from
        self.to = to
        self.key = key
        self.partition = partition
    }
}
