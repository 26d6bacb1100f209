public import PerchProtocol

/// How many foreign entries a partition has had.
public struct ForeignTotal: Sendable, Hashable {
    /// Where they were found.
    public let partition: Partition
    /// How many different ones are kept.
    public let kept: Int
    /// How many bytes these have.
    public let bytes: Int64
    /// How many times there was no room for one: at most 10,000 are kept of a partition, and 64 MiB.
    public let beyond: Int
}
