public import Perch

/// The group has no reset: its handlers' effects cannot be taken back.
public struct ResetMissing: Error, CustomStringConvertible {
    /// The group that cannot go back.
    public let group: GroupName

    /// Says what to declare.
    public var description: String {
        "group \(group) declares no reset, so what it has built cannot be emptied and built anew"
    }
}
