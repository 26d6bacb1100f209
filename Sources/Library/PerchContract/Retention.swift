/// How long the Redis streams of a topic keep entries: until one of the limits is reached. An entry that some declared group has not
/// acknowledged is never trimmed. Without limits they keep everything.
public struct Retention: Sendable, Hashable {
    /// Entries older than this are trimmed; nil is no limit.
    public let age: Duration?
    /// Entries of a partition beyond this many newer ones are trimmed; nil is no limit.
    public let entries: Int?

    package init(age: Duration?, entries: Int?) {
        self.age = age
        self.entries = entries
    }
}
