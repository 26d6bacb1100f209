public import Perch

/// An event that a group has given up.
public struct DeadLetter: Sendable, Hashable, CustomStringConvertible {
    /// Whose handler it was.
    public let group: GroupName
    /// Where it was published.
    public let topic: TopicName
    /// Its type.
    public let type: EventType
    /// Its key.
    public let key: String
    /// What the handler said at last.
    public let error: String

    /// One line.
    public var description: String { "\(type) of key \(key) is a dead letter of \(group): \(error)" }
}
