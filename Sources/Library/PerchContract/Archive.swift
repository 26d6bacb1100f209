/// How long the outbox log in Postgres keeps a topic's events.
public struct Archive: Sendable, Hashable {
    /// Events older than this are dropped; nil is for ever.
    public let age: Duration?

    package init(age: Duration?) { self.age = age }
}
