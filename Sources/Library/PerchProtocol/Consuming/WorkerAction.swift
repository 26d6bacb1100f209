/// What the worker's shell is to do next, by what it is done with. It answers each action with one `WorkerInput`.
package enum WorkerAction: Hashable, Sendable {
    /// A transaction of its own on what is held.
    case leases(Leases)
    /// One statement on failed events and attempts, committed by itself.
    case failures(Failures)
    /// One statement on limits, committed by itself.
    case limits(Limits)
    /// Commands to Redis.
    case streams(Streams)
    /// A step of the transaction of a round, or of a retry.
    case transaction(Transaction)
    /// Drop both connections; a late reply must never be taken for the answer to a later command.
    case disconnect
    case wait(Duration)
    /// The worker has let go of everything and ends. There is no next action.
    case stop

    package enum Leases: Hashable, Sendable {
        /// Take this worker's own leases that are not among `keeping`, whatever the limit, and up to `limit` that are free or
        /// expired, of each topic or of all; end the backend that the lease names (never one's own), lock the checkpoint, write the epoch into it, read
        /// the position. One transaction, with an `idle_in_transaction_session_timeout` and a `lock_timeout`: frozen in it, this
        /// worker would keep everybody else from these leases.
        case acquire(limit: LeaseShare, keeping: [Partition])
        /// Give leases back, each only while it is still at this epoch.
        case release([Holding])
    }

    package enum Failures: Hashable, Sendable {
        /// Which keys are held back by what lies in `perch.failed_events`.
        case survey([Holding])
        /// Count attempts at what follows these checkpoints, before its handlers run: each if the epoch still holds. What is
        /// attempted at another length than before was attempted once.
        case count([Attempt])
        /// The same for the first event of a key that lies in `perch.failed_events`.
        case countRetry(Holding, key: String)
    }

    package enum Limits: Hashable, Sendable {
        /// How many events of each may be begun, and whether a slot is free. What is answered has to be begun within
        /// `WorkerProtocol.Settings.allowance`, counted from before it was asked.
        case ask([LimitQuestion])
    }

    package enum Streams: Hashable, Sendable {
        /// Make the group if it is missing, set it to the checkpoint (`XGROUP SETID … ENTRIESREAD`), and acknowledge what is
        /// pending at or below it. From here `>` delivers again all that was not committed.
        case rewind(Partition, to: EntryID)
        /// `XREADGROUP … COUNT count BLOCK block STREAMS … >`; a block of zero: what is there now.
        case read([Partition], count: Int, block: Duration)
        /// `XRANGE (checkpoint + COUNT 1`, and where that gives nothing `XINFO STREAM`: is there really nothing past the
        /// checkpoint, and does the stream reach it?
        case peek([Holding])
        /// `XPENDING - checkpoint`, and `XACK` of what that finds: an owner of before that was frozen may have set the group back
        /// and read what was committed long ago. Nobody else would ever acknowledge it, and retention waits for that.
        case sweep([Holding])
        /// `XACK`. Its reply need not be awaited.
        case acknowledge([Acknowledgement])
    }

    /// Of a round: begin, occupy, handle or attempt …, park, fence …, commit or submit. Of a retry: begin, occupy, fetch, retry … or retryAll, settle,
    /// confirm, commit.
    package enum Transaction: Hashable, Sendable {
        case begin
        /// Take a slot of each of these limits, without waiting for one. It is the transaction's until that ends.
        case occupy([WorkLimit])
        /// The handlers over all of it, but for what is held.
        case handle([Slice])
        /// The handler over this one event in a savepoint, and its results are all read before the savepoint is released.
        case attempt(Partition, Position)
        /// Put these events into `perch.failed_events`.
        case park([Parking])
        case fence(Fence)
        /// Lock and read the events of these keys, in order, at most `limit`.
        case fetch(Partition, keys: [String], limit: Int)
        /// As `attempt`, over an event that was fetched.
        case retry(Partition, Position)
        /// As `handle`, over all that was fetched.
        case retryAll(Partition)
        /// Take out what has taken effect now, and write down what has changed.
        case settle(Settlement)
        /// The fence of what moves no checkpoint: still this epoch.
        case confirm(Holding)
        case commit
        /// Send COMMIT, and do not wait for its answer: the next round may be sent behind it, on the same connection.
        case submit
        /// Wait for what became of the oldest transaction that was submitted.
        case awaitOutcome
        case rollback
    }
}

extension WorkerAction {
    /// A run of delivered entries of one partition, by position.
    package struct Slice: Hashable, Sendable {
        package let partition: Partition
        package var positions: ClosedRange<Position>
        /// Those of them whose key is held back: not handled now.
        package var held: Set<Position>

        package init(partition: Partition, positions: ClosedRange<Position>, held: Set<Position> = []) {
            self.partition = partition
            self.positions = positions
            self.held = held
        }
    }

    package struct Parking: Hashable, Sendable {
        package let partition: Partition
        /// In order.
        package let events: [ParkedEvent]

        package init(partition: Partition, events: [ParkedEvent]) {
            self.partition = partition
            self.events = events
        }
    }

    package struct Settlement: Hashable, Sendable {
        package let partition: Partition
        package let resolved: [Position]
        package let changed: [ParkedEvent]

        package init(partition: Partition, resolved: [Position], changed: [ParkedEvent]) {
            self.partition = partition
            self.resolved = resolved
            self.changed = changed
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

/// The same text for the same slice: a set is written in another order each time.
extension WorkerAction.Slice: CustomStringConvertible {
    package var description: String {
        "\(partition) \(positions)\(held.isEmpty ? "" : " but for \(held.sorted())")"
    }
}
