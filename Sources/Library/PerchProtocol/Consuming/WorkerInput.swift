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
    /// The answers to `ask`, in its order.
    case allowed([LimitAnswer])
    /// The answers to `occupy`, in its order.
    case occupied([LimitSlot])
    /// There is no handler for the event: that it was tried says nothing.
    case eventSkipped
    /// The event's handler did not succeed; it is undone, the transaction stands.
    case eventFailed(EventFailure)
    /// Some may be gone since they were chosen: whether these are all of their keys is told apart.
    case fetched([ParkedEvent], hasMore: Bool)
    /// What a read gave; and of which partitions nothing could be read, and why.
    case delivered([DeliveredIDs], unread: [Partition: Unread] = [:])
    /// The answer to `peek`, in its order.
    case peeked([Peek])
    /// COMMIT's tag said COMMIT.
    case committed
    /// The round's transaction did not commit, for sure.
    case refused(Refusal)
    /// It could not be done for the partition that it was about; the connections stand.
    case troubled
    /// The same, since the node that has the partition's stream is away.
    case away
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
    package struct DeliveredIDs: Hashable, Sendable {
        package let partition: Partition
        /// The entries up to the first that is not ours.
        package let ids: [EntryID]
        /// Of each of them.
        package let keys: EventKeys
        /// An entry that is not ours (no valid envelope, another source) cut the batch off.
        package let isCutByForeignEntry: Bool
        /// Those of them that cannot be read. Mostly there is none.
        package let unreadable: [UnreadableRun]

        package init(
            partition: Partition,
            ids: [EntryID],
            keys: EventKeys,
            isCutByForeignEntry: Bool = false,
            unreadable: [UnreadableRun] = []
        ) {
            self.partition = partition
            self.ids = ids
            self.keys = keys
            self.isCutByForeignEntry = isCutByForeignEntry
            self.unreadable = unreadable
        }

        package init(
            partition: Partition,
            ids: [EntryID],
            keys: [String],
            isCutByForeignEntry: Bool = false,
            unreadable: [UnreadableRun] = []
        ) {
            self.init(
                partition: partition,
                ids: ids,
                keys: EventKeys(keys),
                isCutByForeignEntry: isCutByForeignEntry,
                unreadable: unreadable
            )
        }
    }

    /// Entries in a row that cannot be read. They are ours because one that can be read follows them, without a gap: where that one
    /// is taken out, they may be taken out with it, by a relay that looks at fewer entries at a time.
    package struct UnreadableRun: Hashable, Sendable {
        package let positions: ClosedRange<Position>
        /// The entry that follows them, delivered or not.
        package let follower: EntryID

        package init(positions: ClosedRange<Position>, follower: EntryID) {
            self.positions = positions
            self.follower = follower
        }
    }

    /// What lies past a checkpoint.
    package enum Peek: Hashable, Sendable {
        case nothing
        /// The first entry past it; and where it cannot be read, and is ours because of one that follows, that one.
        case entry(EntryID, isOurs: Bool, follower: EntryID? = nil)
        /// Nothing, and the stream's last id lies before it: Redis has lost its tail, or the entry at the checkpoint was
        /// never of the log.
        case streamEndsBefore(EntryID)
        /// It could not be looked at.
        case unread(Unread)
    }
}
