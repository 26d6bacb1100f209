/// A way in which an event can come that differs from once and in order. `assertIdempotent` tries each.
public enum DeliveryCut: Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// The handler ran, and its connection was lost before COMMIT; then the event came again.
    case crashBeforeCommit
    /// It was committed, and the process ended before XACK; then the same entry came again.
    case crashAfterCommit
    /// Its publisher has appended it twice: two entries of one event id, in one round.
    case secondEntry
    /// All was handled, and then it came once more, as in a replay.
    case replay
    /// Keys came in another order, and each key's events in theirs.
    case otherOrderOfKeys
    /// All events came in one transaction.
    case oneRound

    /// In plain words, as the end of a sentence.
    public var description: String {
        switch self {
        case .crashBeforeCommit: "after a crash between its handler and COMMIT, when it came again"
        case .crashAfterCommit: "after a crash between COMMIT and XACK, when it came again"
        case .secondEntry: "when a second entry of the same event id came in the same round"
        case .replay: "when it came once more after all others, as in a replay"
        case .otherOrderOfKeys: "when the keys came in another order, each key's events in theirs"
        case .oneRound: "when all events came in one transaction"
        }
    }
}
