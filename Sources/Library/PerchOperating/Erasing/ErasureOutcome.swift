/// What an erasing has done.
public struct ErasureOutcome: Sendable, Hashable {
    /// How many places of the log are empty now.
    public internal(set) var log = 0
    /// How many rows have left the outbox and the delayed events.
    public internal(set) var outbox = 0
    /// How many refused rows are gone.
    public internal(set) var refused = 0
    /// How many foreign entries are gone.
    public internal(set) var foreign = 0
    /// How many entries were taken out of the streams.
    public internal(set) var stream = 0
    /// How many failed events are gone, of all groups.
    public internal(set) var failed = 0
    /// How many records of `perch.operations` hold neither key nor data any more.
    public internal(set) var records = 0
    /// The relay has filled the empty places of the streams. Until then a group that has to pass one waits, and a relay that was
    /// frozen meanwhile may bring an old entry back: erase again when it runs.
    public internal(set) var isMended = false
}
