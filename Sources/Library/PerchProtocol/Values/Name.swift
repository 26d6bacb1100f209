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
