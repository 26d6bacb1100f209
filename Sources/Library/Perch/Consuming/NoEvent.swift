/// The event type of a handler whose `handle` has the wrong form. It lets the compiler name the mistake.
public enum NoEvent: Event {
    /// None is published.
    public static let type: EventType = "no_event"
    /// There is none.
    public static let topic: TopicName = "no-topic"
    /// There is no value that has one.
    public var version: Int { 1 }
    /// There is no value that has one.
    public var key: String { "" }

    /// Always an error.
    public init(from decoder: any Decoder) throws {
        let context = DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "there is no such event")
        throw DecodingError.dataCorrupted(context)
    }

    /// Never called.
    public func encode(to encoder: any Encoder) throws {}
}
