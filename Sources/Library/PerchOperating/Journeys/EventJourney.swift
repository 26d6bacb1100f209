public import Perch
public import Postgres

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

/// The whole way of an event: from its owner's database through Redis into each group's.
public struct EventJourney: Sendable {
    /// What it is, and where it is.
    public let event: FoundEvent
    /// For each group that reads its topic.
    public let steps: [Step]

    /// How far the event has come in a group.
    public struct Step: Sendable, Hashable {
        /// Which group.
        public let group: GroupName
        /// What is known of it there.
        public let state: State
        /// The group's checkpoint in the event's partition.
        public let checkpoint: EntryID?
        /// What its handler has to say, where it failed.
        public let failure: Failure?
        /// By whom it was given up, and why, where it was.
        public let discard: Discard?
    }

    /// What became of an event in a group.
    public struct State: RawRepresentable, Sendable, Hashable {
        /// The name of the constant.
        public let rawValue: String
        /// Takes any name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// Its effects are committed: the checkpoint is at or past it, it did not fail, and nobody gave it up.
        public static let committed = State(rawValue: "committed")
        /// The group has not come to it.
        public static let waiting = State(rawValue: "waiting")
        /// Its handler failed; it is tried again by itself.
        public static let failed = State(rawValue: "failed")
        /// It waits behind a failed event of its key.
        public static let held = State(rawValue: "held")
        /// It waits for an operator.
        public static let dead = State(rawValue: "dead")
        /// An operator gave it up: it has no effect.
        public static let discarded = State(rawValue: "discarded")
        /// The group's database did not tell.
        public static let unknown = State(rawValue: "unknown")
    }

    /// How an event was given up.
    public struct Discard: Sendable, Hashable {
        /// Who did it.
        public let by: String
        /// Why.
        public let reason: String
        /// When.
        public let at: Timestamp
    }

    /// How an event failed.
    public struct Failure: Sendable, Hashable {
        /// `failed`, `held` or `dead`.
        public let state: String
        /// What its handler said.
        public let error: String
        /// How often it was tried.
        public let attempts: Int
        /// When it failed.
        public let at: Timestamp
        /// Whether an operator has corrected its data, so that the error may tell of other data than the event's.
        public let isCorrected: Bool
    }
}

/// The events of a key, over all topics, in the order in which they happened.
public struct KeyTrace: Sendable {
    /// The newest of them at the most, as many as were asked for.
    public let journeys: [EventJourney]
    /// There may be older events: the search stopped at its bound.
    public let isCut: Bool
    /// Servers that did not tell.
    public let problems: [ServerProblem]
}
