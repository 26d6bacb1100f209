public import Perch

/// What waits in a service's outbox, by topic. What Postgres did not tell is nil.
public struct OutboxStatus: Sendable, Hashable {
    /// The service whose topics these are.
    public let owner: String
    /// The topics of the contract that it owns; nil where Postgres did not tell.
    public let topics: [TopicStatus]?
    /// Servers that did not tell.
    public let problems: [ServerProblem]

    /// What waits of one topic.
    public struct TopicStatus: Sendable, Hashable {
        /// Which one.
        public let topic: TopicName
        /// Committed events that have no position yet, counted up to 100,000 a partition.
        public let waiting: Int
        /// How long ago the first of them happened, as it says itself; zero where none waits.
        public let oldestAge: Duration
        /// Events that wait until they are due, counted up to 100,000.
        public internal(set) var delayed = 0
        /// Since when the first of them is due; zero where none is.
        public internal(set) var overdue = Duration.zero
    }
}
