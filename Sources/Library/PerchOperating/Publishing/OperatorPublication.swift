public import FoundationEssentials
public import Perch

/// An event that an operator has published.
public struct OperatorPublication: Sendable, Hashable {
    /// Its identity for good.
    public let id: UUID
    /// Where its owner's relay appends it.
    public let partition: Partition
    /// The version of its fields.
    public let version: Int
    /// An earlier call has published it; this one has not.
    public let isRepeated: Bool
}
