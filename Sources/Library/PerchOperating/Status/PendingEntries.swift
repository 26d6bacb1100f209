public import Perch

/// What Redis has delivered to a group's consumers of a partition and not heard the acknowledgement of.
///
/// It is no list of failures: effects are committed in Postgres before the acknowledgement, and a killed worker's entries
/// stay in it until the next owner sets the group back to the checkpoint.
public struct PendingEntries: Sendable, Hashable {
    /// Which partition.
    public let partition: Partition
    /// How many there are.
    public internal(set) var count: Int64 = 0
    /// The first of them.
    public internal(set) var lowest: EntryID?
    /// The last of them.
    public internal(set) var highest: EntryID?
    /// By consumer: a worker's slot.
    public internal(set) var consumers: [Consumer] = []
    /// The first ones, as many as were asked for.
    public internal(set) var entries: [Entry] = []

    /// A consumer, and how many entries it has pending.
    public struct Consumer: Sendable, Hashable {
        /// As in `XINFO CONSUMERS`.
        public let name: String
        /// How many of the entries are its.
        public let count: Int64
    }

    /// An entry that is pending.
    public struct Entry: Sendable, Hashable {
        /// Its place in the partition.
        public let id: EntryID
        /// Who got it.
        public let consumer: String
        /// How long ago.
        public let idle: Duration
        /// How often it was delivered.
        public let deliveries: Int
    }
}
