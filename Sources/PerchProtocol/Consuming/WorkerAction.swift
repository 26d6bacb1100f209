/// What the worker's shell is to do next. It answers each action with one `WorkerInput`.
package enum WorkerAction: Hashable, Sendable {
    // Postgres, in transactions of their own
    /// Take this worker's own leases that are not among `keeping`, whatever the limit, and up to `limit` that are free or
    /// expired; end the backend that the lease names (never one's own), lock the checkpoint, write the epoch into it, read
    /// the position. One transaction, with an `idle_in_transaction_session_timeout` and a `lock_timeout`: frozen in it, this
    /// worker would keep everybody else from these leases.
    case acquire(limit: Int, keeping: [Partition])
    /// Give leases back, each only while it is still at this epoch.
    case release([Holding])

    // Redis
    /// Make the group if it is missing, set it to the checkpoint (`XGROUP SETID … ENTRIESREAD`), and acknowledge what is
    /// pending at or below it. From here `>` delivers again all that was not committed.
    case rewind(Partition, to: EntryID)
    /// `XREADGROUP … COUNT count BLOCK block STREAMS … >`.
    case read([Partition], count: Int, block: Duration)
    /// `XRANGE (checkpoint + COUNT 1`: is there really nothing past the checkpoint?
    case peek([Holding])
    /// `XACK`. Its reply need not be awaited.
    case acknowledge([Acknowledgement])

    // The round's transaction
    case begin
    case handle([Slice])
    case fence(Fence)
    case commit
    case rollback

    /// Drop both connections; a late reply must never be taken for the answer to a later command.
    case disconnect
    case wait(Duration)
    /// The worker has let go of everything and ends. There is no next action.
    case stop

    /// A run of delivered entries of one partition, by position.
    package struct Slice: Hashable, Sendable {
        package let partition: Partition
        package var positions: ClosedRange<Position>

        package init(partition: Partition, positions: ClosedRange<Position>) {
            self.partition = partition
            self.positions = positions
        }
    }

    package struct Acknowledgement: Hashable, Sendable {
        package let partition: Partition
        package var ids: [EntryID]

        package init(partition: Partition, ids: [EntryID]) {
            self.partition = partition
            self.ids = ids
        }
    }
}

/// The answer of the worker's shell to an action.
package enum WorkerInput: Hashable, Sendable {
    /// The first input, and the answer to actions that only can succeed or fail as a whole.
    case done
    case acquired([Holding])
    case delivered([DeliveredBatch])
    /// The answer to `peek`, in its order: the first entry past each checkpoint.
    case peeked([PeekedEntry?])
    /// The groups of these partitions are gone (`NOGROUP`).
    case groupsMissing([Partition])
    /// COMMIT's tag said COMMIT.
    case committed
    /// The round's transaction did not commit, for sure.
    case refused(Refusal)
    /// A connection broke, timed out or answered what cannot be; or it is unclear whether COMMIT took effect.
    case failed

    package enum Refusal: Hashable, Sendable {
        /// The fence of this partition (all of the round, if nil) found another epoch or position.
        case fenced(Partition?)
        /// A handler threw at this event, or somewhere in this partition's slice, or (both nil) somewhere in the round.
        case handler(Partition?, Position?)
        /// A serialization failure or a deadlock: try again, smaller.
        case conflict
    }

    /// Entries as Redis delivered them.
    package struct DeliveredBatch: Hashable, Sendable {
        package let partition: Partition
        /// The entries up to the first that is not ours.
        package let ids: [EntryID]
        /// An entry that is not ours (no valid envelope, another source) cut the batch off.
        package let isCutByForeignEntry: Bool

        package init(partition: Partition, ids: [EntryID], isCutByForeignEntry: Bool = false) {
            self.partition = partition
            self.ids = ids
            self.isCutByForeignEntry = isCutByForeignEntry
        }
    }

    package struct PeekedEntry: Hashable, Sendable {
        package let id: EntryID
        package let isOurs: Bool

        package init(id: EntryID, isOurs: Bool) {
            self.id = id
            self.isOurs = isOurs
        }
    }
}

/// What an operator should hear of; the shell logs and counts it.
package enum WorkerNotice: Hashable, Sendable {
    case acquired(Holding)
    case released(Partition)
    /// The lease went to another owner, or its epoch was raised.
    case fenced(Partition)
    /// The next entry is not in the stream; nothing past it is processed.
    case entryMissing(Partition, after: EntryID, look: Int)
    /// The missing entry is there again.
    case entryFound(Partition)
    /// A handler fails at this event; the partition waits.
    case handlerFailing(Partition, Position, attempt: Int, retryIn: Duration)
    case conflict(attempt: Int)
    case reconnecting(attempt: Int, in: Duration)
}
