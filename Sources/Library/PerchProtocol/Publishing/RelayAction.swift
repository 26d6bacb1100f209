/// What the relay's shell is to do next, by what it is done with. It answers each action with one `RelayInput`.
package enum RelayAction: Hashable, Sendable {
    /// Give positions: the transaction that moves rows from the outbox into the log.
    case outbox(Outbox)
    /// A statement on the log, committed by itself.
    case log(Log)
    /// Commands to Redis on one partition's stream.
    case stream(Stream)
    /// Drop what retention no longer keeps of what lies before this id, the oldest `limit` entries of it. First `trimmed` is
    /// raised; then, under the watch, `MULTI · XTRIM MINID · EXEC`, never past this id, though `trimmed` may be higher from
    /// before; and only if EXEC was not refused may the log be dropped as far, where its archive does not keep it. Asked
    /// only right after the stream was found sound: over a hole, or a foreign entry, a group gets past entries that it was
    /// never given, and looks as if it had acknowledged them.
    case trim(Partition, before: EntryID, limit: Int)
    /// Let another relay lead, where one stands by: a node has long been out of reach of this one, and it may reach it.
    case resign
    case disconnect
    /// Until something was published or the time is over.
    case wait(Duration)
    case stop

    package enum Outbox: Hashable, Sendable {
        /// Have the next positions given to committed outbox rows that have none, in insertion order, for every partition whose
        /// row can be locked and that is not among `except`. Sent, and not waited for: until it is collected, nothing else is
        /// asked of Postgres. The rows are locked by one statement and the outbox is read by a later one, whose snapshot sees
        /// what the last holder did. All of it is sent at once, so that a relay frozen behind it keeps nobody out.
        ///
        /// Before that, in the same transaction, up to `due` delayed events that are due are moved into the outbox, in the order
        /// in which they are due; none where it is 0. Only one transaction moves them at a time.
        case assign(limit: Int, due: Int = 0, except: [Partition])
        /// Wait for what the request gave: an entry is known only once its transaction has committed.
        case collect
    }

    package enum Log: Hashable, Sendable {
        /// What does the log say of this state of the stream? Asked after the stream was inspected, never before: what our
        /// relays appended was in the log before it was in the stream.
        case consult(Partition, StreamState)
        /// Read entries from the log, the first `limit` past this position.
        case load(Partition, after: Position, limit: Int)
        /// Copy entries that the stream holds and the log has lost (Postgres went back) into the log, and count on from them.
        /// The same events leave the outbox, if the older state still has them there.
        case adopt(Partition, [EntryID])
        /// Keep foreign entries with their bytes.
        case setAside(Partition, [EntryID])
    }

    package enum Stream: Hashable, Sendable {
        /// `UNWATCH · WATCH · XINFO GROUPS · XPENDING · XINFO STREAM`, in this order: from here until the next append nobody
        /// else may have changed the stream.
        case inspect(Partition)
        /// `XRANGE (after + COUNT limit`, under the same watch.
        case readTail(Partition, after: EntryID, limit: Int)
        /// `MULTI · XADD … · EXEC` under the watch; with it, in the same round trip, the inspection of the next partition.
        case append(Partition, [EntryID], after: EntryID, inspecting: Partition?)
        /// `MULTI · DEL · XADD … · XSETID … ENTRIESADDED · EXEC` under the watch: the stream is made again from the log. Only
        /// DEL where there are no entries.
        case rebuild(Partition, [EntryID])
    }

    /// The one partition that it is about; nil: it is about all of them, or none.
    package var partition: Partition? {
        switch self {
        case .log(let action): action.partition
        case .stream(let action): action.partition
        case .trim(let partition, _, _): partition
        case .outbox, .resign, .disconnect, .wait, .stop: nil
        }
    }

    /// It has to wait until what was asked of Postgres before is collected.
    var needsPostgres: Bool {
        switch self {
        case .log, .trim, .resign: true
        case .outbox, .stream, .disconnect, .wait, .stop: false
        }
    }
}

extension RelayAction.Log {
    fileprivate var partition: Partition {
        switch self {
        case .consult(let partition, _), .load(let partition, _, _), .adopt(let partition, _),
            .setAside(let partition, _):
            partition
        }
    }
}

extension RelayAction.Stream {
    fileprivate var partition: Partition {
        switch self {
        case .inspect(let partition), .readTail(let partition, _, _), .append(let partition, _, _, _),
            .rebuild(let partition, _):
            partition
        }
    }
}

/// The answer of the relay's shell to an action.
package enum RelayInput: Hashable, Sendable {
    case done
    /// What was given. There is more to give at once where rows have just been looked at that nobody had looked at before; and
    /// partitions for which it failed, while others got theirs, are in trouble.
    case assigned([Assignment], hasMore: Bool = false, troubled: [Partition] = [], due: DueEvents = .none)
    case inspected(StreamState)
    case consulted(LogState)
    case loaded([EntryID])
    case tail([TailEntry])
    /// Whether the entries were adopted; not if the log has moved meanwhile.
    case adopted(Bool)
    case appended(AppendOutcome, next: StreamState?)
    case trimmed(TrimOutcome)
    /// Whether another relay stands by. Then this one has given its connections up.
    case resigned(Bool)
    /// It could not be done for the partition that it was about, and nothing of it was. The connections stand.
    case troubled
    /// The node that has the partition's stream is away, or hands it over just now: what became of it is unknown. The connections to the
    /// others stand.
    case away
    /// A connection broke, timed out, or the reply is lost; or the server is one that takes nothing from anybody.
    case failed

    /// Delayed events that are due, as the transaction that gave positions has left them.
    package enum DueEvents: Hashable, Sendable {
        case none
        /// There are some.
        case some
        /// They could not be moved, and positions were given without them.
        case troubled
    }

    package enum AppendOutcome: Hashable, Sendable {
        case appended
        /// The stream changed under the watch; nothing was appended.
        case raced
        /// Redis refused (out of memory, read only, a failing disk); nothing was appended.
        case refused
    }

    package enum TrimOutcome: Hashable, Sendable {
        /// Retention and archive keep what is left.
        case done
        /// There is more to drop than one action does.
        case more
        /// The stream changed under the watch; nothing was dropped.
        case raced
    }

    package struct Assignment: Hashable, Sendable {
        package let partition: Partition
        package let ids: [EntryID]

        package init(partition: Partition, ids: [EntryID]) {
            self.partition = partition
            self.ids = ids
        }
    }

    package struct TailEntry: Hashable, Sendable {
        package let id: EntryID
        /// It has a valid envelope with our source.
        package let isOurs: Bool

        package init(id: EntryID, isOurs: Bool) {
            self.id = id
            self.isOurs = isOurs
        }
    }
}

/// What `XINFO STREAM` tells of a partition's stream. A missing stream is an empty one.
package struct StreamState: Hashable, Sendable {
    package var last: EntryID
    package var length: Int64
    package var first: EntryID?
    /// The lowest last-delivered id of the declared groups, where any is: it needs all that follows.
    package var lowestGroup: EntryID?
    /// Every declared group has acknowledged all that lies before this id; nil where a declared group is missing.
    package var acknowledgedBefore: EntryID?
    /// The entry with the last id is there and not ours, whatever its id looks like.
    package var endsForeign: Bool

    package init(
        last: EntryID = .zero,
        length: Int64 = 0,
        first: EntryID? = nil,
        lowestGroup: EntryID? = nil,
        acknowledgedBefore: EntryID? = nil,
        endsForeign: Bool = false
    ) {
        self.last = last
        self.length = length
        self.first = first
        self.lowestGroup = lowestGroup
        self.acknowledgedBefore = acknowledgedBefore
        self.endsForeign = endsForeign
    }
}

/// What the log tells of a partition, and of one state of its stream.
package struct LogState: Hashable, Sendable {
    /// The last id that was given.
    package var last: EntryID
    /// Entries up to here may be missing in the stream: retention dropped them.
    package var trimmed: Position
    /// The oldest position that the log still holds, if any.
    package var oldest: Position?
    /// The greatest position whose id is at or below the stream's `lowestGroup`, where there is one.
    package var lowestGroup: Position?
    /// Whether the stream's last and first ids are in the log, exactly so. The last id given counts as held, even if
    /// its row was dropped.
    package var hasLast: Bool
    package var hasFirst: Bool
    /// The greatest id given below the stream's last one.
    package var predecessor: EntryID
    /// Milliseconds since 1970 by the clock by which ids are given. See `EntryID.Ahead`.
    package var clock: Int64

    package init(
        last: EntryID = .zero,
        trimmed: Position = 0,
        oldest: Position? = nil,
        lowestGroup: Position? = nil,
        hasLast: Bool = false,
        hasFirst: Bool = false,
        predecessor: EntryID = .zero,
        clock: Int64 = .max
    ) {
        self.last = last
        self.trimmed = trimmed
        self.oldest = oldest
        self.lowestGroup = lowestGroup
        self.hasLast = hasLast
        self.hasFirst = hasFirst
        self.predecessor = predecessor
        self.clock = clock
    }

    /// The stream has to hold what follows this position: what is not trimmed, and what a group that went back (a replay,
    /// an older state of its database) has to read again.
    var needed: Position { min(trimmed, lowestGroup ?? trimmed) }

    /// The log still holds every entry past this position.
    func covers(past position: Position) -> Bool {
        last.position <= position || oldest.map { $0 <= position + 1 } ?? false
    }
}

/// What an operator should hear of; the shell logs and counts it.
package enum RelayNotice: Hashable, Sendable {
    /// The stream ended further back than what was appended: Redis lost its tail.
    case tailLost(Partition, at: EntryID)
    /// Entries within the stream are missing: they are made again from the log.
    case hole(Partition)
    /// The stream continued the log by entries that only Redis held; they were copied into the log. Either Postgres went back to
    /// an older state, or somebody has forged them: the entries do not tell.
    case adopted(Partition, count: Int)
    /// Entries that are not ours were taken out of the stream and kept.
    case setAside(Partition, count: Int)
    case rebuilt(Partition, entries: Int)
    /// The stream must be made again and the log no longer reaches back far enough.
    case cannotRebuild(Partition, from: Position)
    case refused(Partition, retryIn: Duration)
    /// Something is wrong with this partition alone; the others go on.
    case troubled(Partition, retryIn: Duration)
    /// Delayed events that are due could not be moved into the outbox; all else goes on.
    case dueTroubled(retryIn: Duration)
    /// It is written to again.
    case untroubled(Partition)
    /// This node has been out of reach for so long that another relay, which stands by, is let lead.
    case resigned(Partition, awayFor: Duration)
    case reconnecting(attempt: Int, in: Duration)
}
