/// A partition that a worker holds: its lease's epoch, and the checkpoint it read when it took the lease.
package struct Holding: Hashable, Sendable {
    package let partition: Partition
    package let epoch: Epoch
    package var checkpoint: EntryID

    package init(partition: Partition, epoch: Epoch, checkpoint: EntryID) {
        self.partition = partition
        self.epoch = epoch
        self.checkpoint = checkpoint
    }
}

/// The condition under which a round may move a checkpoint: still this epoch, and still where the batch began.
package struct Fence: Hashable, Sendable {
    package let partition: Partition
    package let epoch: Epoch
    package let from: Position
    package let to: EntryID

    package init(partition: Partition, epoch: Epoch, from: Position, to: EntryID) {
        self.partition = partition
        self.epoch = epoch
        self.from = from
        self.to = to
    }
}

/// What the process's heartbeat last saw in `perch.leases`, for the workers of one group.
///
/// A lease is held as long as its worker lives. One in the worker's name that `WorkerProtocol.holdings` does not have at its
/// epoch, for the time of a lease while nothing is being acquired (an acquisition whose COMMIT came late), the heartbeat gives
/// back: otherwise nobody would ever read it.
/// The view may be old: epochs only grow, so a higher epoch than one's own is proof that the lease is gone, and nothing else is.
package struct LeaseView: Hashable, Sendable {
    /// How many partitions this worker should hold: see `FairShare`.
    package var share: LeaseShare
    /// How many partitions of each topic are shared by all: those that are not paused.
    package var shared: [TopicName: Int]
    /// How many leases no living worker holds.
    package var claimable: LeaseShare
    /// Which these are, where that is known.
    package var free: Set<Partition>
    /// How many workers of the group live.
    package var workers: Int
    /// What workers of the process have left to those of other processes, for they do not reach it, and until when: by the workers'
    /// clock.
    package var left: [Partition: Duration] = [:]
    package var epochs: [Partition: Epoch]
    /// Counts the heartbeat's connections. After a new one the server may be an older state of itself, in which the
    /// checkpoints lie further back; a worker without events would not notice.
    package var connection: Int
    /// Of the operators' changes to failed events.
    package var revisions: [Partition: Int64]
    /// Milliseconds since 1970 by Postgres' clock, at that look. See `EntryID.Ahead`.
    package var clock: Int64

    package init(
        share: LeaseShare = 0,
        shared: [TopicName: Int] = [:],
        claimable: LeaseShare = 0,
        free: Set<Partition> = [],
        workers: Int = 0,
        epochs: [Partition: Epoch] = [:],
        connection: Int = 0,
        revisions: [Partition: Int64] = [:],
        clock: Int64 = .max
    ) {
        self.clock = clock
        self.revisions = revisions
        self.share = share
        self.shared = shared
        self.claimable = claimable
        self.free = free
        self.workers = workers
        self.epochs = epochs
        self.connection = connection
    }
}
