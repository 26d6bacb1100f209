/// A name that is only a string outside: a topic, a group, an event type.
public protocol Name: RawRepresentable<String>, Hashable, Comparable, Sendable, Codable,
    ExpressibleByStringLiteral, CustomStringConvertible
{
    init(rawValue: String)
}

extension Name {
    /// Any text is taken: that the contract does not have a name shows only where it is looked up.
    public init(stringLiteral value: String) { self.init(rawValue: value) }
    /// The bare name, without quotes.
    public var description: String { rawValue }
    /// By Unicode, the same in every locale.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The name of a topic, such as `tickets`. Its streams are named after it: `tickets:0`, `tickets:1` …
public struct TopicName: Name {
    /// As the contract has it, without namespace and partition.
    public let rawValue: String
    /// Takes any text; the contract allows lowercase words joined by `-` or `_`.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// The name of a consumer group, such as `accounting`: one group is one service, with its own database.
public struct GroupName: Name {
    /// As in Redis, where each stream has a group of this name.
    public let rawValue: String
    /// Takes any text; the contract allows lowercase words joined by `-` or `_`.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// The type of an event, such as `ticket_closed`: the CloudEvents attribute `type`.
public struct EventType: Name {
    /// Without the version, which is a number beside it.
    public let rawValue: String
    /// Takes any text; the contract allows lowercase words joined by `_`.
    public init(rawValue: String) { self.rawValue = rawValue }
}
