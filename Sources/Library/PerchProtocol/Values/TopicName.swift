/// The name of a topic, such as `tickets`. Its streams are named after it: `tickets:0`, `tickets:1` …
public struct TopicName: Name {
    /// As the contract has it, without namespace and partition.
    public let rawValue: String
    /// Takes any text; the contract allows lowercase words joined by `-` or `_`.
    public init(rawValue: String) { self.rawValue = rawValue }
}
