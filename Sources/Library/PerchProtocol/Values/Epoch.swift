/// Counts the owners of a partition: each acquisition, replay, seek or pause raises it, and older owners are fenced off.
public struct Epoch: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 0 as long as nobody has owned the partition.
    public let rawValue: Int64
    /// Takes the number as `perch.leases` and `perch.checkpoints` have it.
    public init(rawValue: Int64) { self.rawValue = rawValue }
    /// The bare number.
    public var description: String { String(rawValue) }
    /// The lesser one is the older owner's: it is fenced off.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
