/// A name that is only a string outside: a topic, a group, an event type.
public protocol Name: RawRepresentable<String>, Hashable, Comparable, Sendable, Codable,
    ExpressibleByStringLiteral, CustomStringConvertible
{
    init(rawValue: String)
}

extension Name {
    public init(stringLiteral value: String) { self.init(rawValue: value) }
    public var description: String { rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The name of a topic, such as `tickets`. Its streams are named after it: `tickets:0`, `tickets:1` …
public struct TopicName: Name {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// The name of a consumer group, such as `accounting`: one group is one service, with its own database.
public struct GroupName: Name {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// The type of an event, such as `ticket_closed`: the CloudEvents attribute `type`.
public struct EventType: Name {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}
