/// The name of a consumer group, such as `accounting`: one group is one service, with its own database.
public struct GroupName: Name {
    /// As in Redis, where each stream has a group of this name.
    public let rawValue: String
    /// Takes any text; the contract allows lowercase words joined by `-` or `_`.
    public init(rawValue: String) { self.rawValue = rawValue }
}
