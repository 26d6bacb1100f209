public import Perch

/// An event that was found, and where.
public struct FoundEvent: Sendable, Hashable {
    /// Its attributes and its data.
    public let envelope: Envelope
    /// The partition of its key.
    public let partition: Partition
    /// Its place; nil as long as it waits in the outbox, or is delayed: then `envelope.time` is when it is due.
    public let entryID: EntryID?
    /// In which database or server it was seen.
    public internal(set) var seenIn: Set<Place>

    /// Where an event can be.
    public struct Place: RawRepresentable, Sendable, Hashable {
        /// The name of the constant.
        public let rawValue: String
        /// Takes any name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// Committed by its owner, and not due yet.
        public static let delayed = Place(rawValue: "delayed")
        /// Committed by its owner, not in a stream yet.
        public static let outbox = Place(rawValue: "outbox")
        /// In the owner's log of what has a position.
        public static let log = Place(rawValue: "log")
        /// In Redis.
        public static let stream = Place(rawValue: "stream")
    }
}
