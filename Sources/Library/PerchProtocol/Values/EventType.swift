/// The type of an event, such as `ticket_closed`: the CloudEvents attribute `type`.
public struct EventType: Name {
    /// Without the version, which is a number beside it.
    public let rawValue: String
    /// Takes any text; the contract allows lowercase words joined by `_`.
    public init(rawValue: String) { self.rawValue = rawValue }
}
