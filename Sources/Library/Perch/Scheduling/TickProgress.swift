/// How far a handler has come with a tick.
public enum TickProgress: Sendable, Hashable {
    /// The tick is done when the transaction commits.
    case done
    /// A part of the tick is done when the transaction commits. The handler is run again at once for the same tick.
    case more
}
