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

    /// Which keys are held back by what lies in `perch.failed_events`. One statement.
    case survey([Holding])
    /// Count attempts at what follows these checkpoints, before its handlers run: committed by themselves, each if the epoch
    /// still holds. One statement. What is attempted at another length than before was attempted once.
    case count([Attempt])
    /// The same for the first event of a key that lies in `perch.failed_events`.
    case countRetry(Holding, key: String)

    // Redis
    /// Make the group if it is missing, set it to the checkpoint (`XGROUP SETID … ENTRIESREAD`), and acknowledge what is
    /// pending at or below it. From here `>` delivers again all that was not committed.
    case rewind(Partition, to: EntryID)
    /// `XREADGROUP … COUNT count BLOCK block STREAMS … >`; a block of zero: what is there now.
    case read([Partition], count: Int, block: Duration)
    /// `XRANGE (checkpoint + COUNT 1`, and where that gives nothing `XINFO STREAM`: is there really nothing past the checkpoint,
    /// and does the stream reach it?
    case peek([Holding])
    /// `XPENDING - checkpoint`, and `XACK` of what that finds: an owner of before that was frozen may have set the group back and read
    /// what was committed long ago. Nobody else would ever acknowledge it, and retention waits for that.
    case sweep([Holding])
    /// `XACK`. Its reply need not be awaited.
    case acknowledge([Acknowledgement])

    // The round's transaction
    case begin
    /// The handlers over all of it, but for what is held.
    case handle([Slice])
    /// The handler over this one event in a savepoint, and its results are all read before the savepoint is released.
    case attempt(Partition, Position)
    /// Put these events into `perch.failed_events`.
    case park([Parking])
    case fence(Fence)
    /// The fence of what moves no checkpoint: still this epoch.
    case confirm(Holding)
    case commit
    /// Send COMMIT, and do not wait for its answer: the next round may be sent behind it, on the same connection.
    case submit
    /// Wait for what became of the oldest transaction that was submitted.
    case awaitOutcome
    case rollback

    // The transaction of a retry: begin, fetch, retry …, settle, confirm, commit
    /// Lock and read the events of these keys, in order, at most `limit`.
    case fetch(Partition, keys: [String], limit: Int)
    /// As `attempt`, over an event that was fetched.
    case retry(Partition, Position)
    /// As `handle`, over all that was fetched.
    case retryAll(Partition)
    /// Take out what has taken effect now, and write down what has changed.
    case settle(Settlement)

    /// Drop both connections; a late reply must never be taken for the answer to a later command.
    case disconnect
    case wait(Duration)
    /// The worker has let go of everything and ends. There is no next action.
    case stop

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

/// The answer of the worker's shell to an action.
package enum WorkerInput: Hashable, Sendable {
    /// The first input, and the answer to actions that only can succeed or fail as a whole.
    case done
    /// The answer to `handle` and `retryAll` where the program is to stop: of each partition of which something was handled, the
    /// last position. Nothing past these was begun; at least one event was.
    case handledInPart([Partition: Position])
    /// What was taken; and of that, what an owner had lost without giving it back.
    case acquired([Holding], takeovers: [Takeover] = [])
    case surveyed([FailureSurvey])
    /// How often each was attempted, this time included; nil: the epoch is another one.
    case counted([Int?])
    /// There is no handler for the event: that it was tried says nothing.
    case eventSkipped
    /// The event's handler did not succeed; it is undone, the transaction stands.
    case eventFailed(EventFailure)
    /// Some may be gone since they were chosen: whether these are all of their keys is told apart.
    case fetched([ParkedEvent], hasMore: Bool)
    /// What a read gave; and of which partitions nothing could be read, and why.
    case delivered([DeliveredBatch], unread: [Partition: Unread] = [:])
    /// The answer to `peek`, in its order.
    case peeked([Peek])
    /// COMMIT's tag said COMMIT.
    case committed
    /// The round's transaction did not commit, for sure.
    case refused(Refusal)
    /// It could not be done for the partition that it was about; the connections stand.
    case troubled
    /// A connection broke, timed out or answered what cannot be; or it is unclear whether COMMIT took effect.
    case failed

    package enum Refusal: Hashable, Sendable {
        /// The fence of this partition (all of the round, if nil) found another epoch or position.
        case fenced(Partition?)
        /// A handler threw, or one of its statements failed.
        case handler(reason: String)
        /// A serialization failure or a deadlock: try again, smaller.
        case conflict
    }

    /// Why nothing could be read of a partition, while others may well have given something.
    package enum Unread: Hashable, Sendable {
        /// Its consumer group is gone (`NOGROUP`).
        case groupMissing
        /// Another node of a cluster has its stream now: what is read there has to be set to the checkpoint first.
        case moved
        /// The node that has its stream does not answer, or takes nothing now.
        case away
    }

    /// Entries as Redis delivered them.
    package struct DeliveredBatch: Hashable, Sendable {
        package let partition: Partition
        /// The entries up to the first that is not ours.
        package let ids: [EntryID]
        /// Of each of them.
        package let keys: EventKeys
        /// An entry that is not ours (no valid envelope, another source) cut the batch off.
        package let isCutByForeignEntry: Bool

        package init(partition: Partition, ids: [EntryID], keys: EventKeys, isCutByForeignEntry: Bool = false) {
            self.partition = partition
            self.ids = ids
            self.keys = keys
            self.isCutByForeignEntry = isCutByForeignEntry
        }

        package init(partition: Partition, ids: [EntryID], keys: [String], isCutByForeignEntry: Bool = false) {
            self.init(
                partition: partition,
                ids: ids,
                keys: EventKeys(keys),
                isCutByForeignEntry: isCutByForeignEntry
            )
        }
    }

    /// What lies past a checkpoint.
    package enum Peek: Hashable, Sendable {
        case nothing
        /// The first entry past it.
        case entry(EntryID, isOurs: Bool)
        /// Nothing, and the stream's last id lies before it: Redis has lost its tail, or the entry at the checkpoint was
        /// never of the log.
        case streamEndsBefore(EntryID)
        /// It could not be looked at.
        case unread(Unread)
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
    /// The stream ends before the checkpoint: nothing that is appended now would be seen.
    case streamEndsBefore(Partition, checkpoint: EntryID, at: EntryID, look: Int)
    /// The next entry's id lies this far ahead of the clock: the relay may take it out, so it is not handled yet.
    case entryEarly(Partition, EntryID, by: Duration)
    /// The missing entry is there again.
    case entryFound(Partition)
    /// An event has failed, waits, or is a dead letter; committed.
    case parked(Partition, ParkedEvent)
    /// Events that were parked have taken effect.
    case recovered(Partition, count: Int)
    /// Nearly everything fails: nothing is parked, and nothing done until then.
    case braked(failed: Int, of: Int, retryIn: Duration, reason: String)
    case brakeReleased
    /// The former owner died: rounds are counted before they run.
    case countsRounds(Partition)
    /// A round that was counted has not passed: these many events are tried one by one.
    case stepsThrough(Partition, count: Int)
    case conflict(attempt: Int)
    /// Something is wrong with this partition alone: it is out of the read set until then.
    case troubled(Partition, retryIn: Duration)
    case reconnecting(attempt: Int, in: Duration)
}
