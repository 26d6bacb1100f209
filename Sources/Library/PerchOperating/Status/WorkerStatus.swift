public import Perch
public import Postgres

/// A worker thread of a consumer group.
public struct WorkerStatus: Sendable, Hashable {
    /// Whose it is.
    public let group: GroupName
    /// Its name, the owner of its leases: `HOST-PID-RANDOM/SLOT`.
    public let name: String
    /// The machine it runs on.
    public let host: String
    /// Its process there.
    public let pid: Int
    /// When it first showed life.
    public let startedAt: Timestamp
    /// How long ago it last did, by the clock of its group's database.
    public let silence: Duration
    /// The partitions it holds.
    public let partitions: [Partition]

    /// Workers beat twice a second.
    public var isLive: Bool { silence < .seconds(10) }
}
