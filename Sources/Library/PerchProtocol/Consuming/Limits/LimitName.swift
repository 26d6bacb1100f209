/// The name of a limit, such as `bank`: one word for what is not to be asked for too much at once.
public struct LimitName: Name {
    /// Unique within the group.
    public let rawValue: String
    /// Takes any text.
    public init(rawValue: String) { self.rawValue = rawValue }
}
