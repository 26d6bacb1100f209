public import Perch
public import Postgres

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
        /// What its handler said, if it failed.
        public let failure: Failure?
        /// Who gave it up and why, if somebody did.
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
