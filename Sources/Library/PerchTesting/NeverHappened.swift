/// What a test waited for did not come about.
public struct NeverHappened: Error, CustomStringConvertible {
    /// What was waited for, as the test calls it.
    public let what: String
    /// How long it was waited for.
    public let timeout: Duration

    /// `not so within 30.0 seconds: the outbox is empty`
    public var description: String { "not so within \(timeout): \(what)" }
}
