/// How far a handler has come with a tick.
public enum TickProgress: Sendable, Hashable {
    /// All of it is done, once the transaction commits.
    case done
    /// A part of it is done, once the transaction commits; the handler is run again, at once, for the same tick.
    case more
}
