public import Perch

/// A part of a partition's events, the newest first, and how far was looked for them.
public struct EventPage: Sendable {
    /// What was found.
    public let events: [FoundEvent]
    /// Entries of the streams that its owner has not published, among those looked at: the relay takes them out.
    public let foreign: Int
    /// How many entries were looked at.
    public let lookedAt: Int
    /// The last entry that was looked at: where the next page goes on, `before` it; nil: there was none.
    public let lookedBackTo: EntryID?
    /// Nothing older is left, neither in the stream nor in the owner's log.
    public let isAtBeginning: Bool
    /// Servers that did not tell.
    public let problems: [ServerProblem]
}
