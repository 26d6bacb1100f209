import PerchProtocol

/// The statements that the shells send. One statement, one snapshot (READ COMMITTED).
enum PostgresCommand {
    /// With `idle_in_transaction_session_timeout` where given.
    case begin(idleTimeout: Int64?)
    case commit
    case rollback
    /// `pg_terminate_backend`
    case terminate(session: Int)

    // Producing services
    case lockAggregate(Int)
    case insertOutbox(event: Int, partition: Int)
    /// Into the delayed events, or into the outbox where it is due already.
    case insertDelayed(event: Int, key: Int, partition: Int, due: Int64)
    case cancelDelayed(event: Int)

    // Relays
    /// `pg_try_advisory_lock`; where another session has it that has been silent for so long, that one is ended.
    case lead(silence: Int64)
    /// `SELECT … FROM perch.partitions … FOR UPDATE SKIP LOCKED`
    case lockPartitions([Int])
    /// Moves delayed events that are due into the outbox, unless another session is at it.
    case moveDue(limit: Int)
    /// Moves the oldest rows of these partitions from the outbox into the log.
    case assign([Int], limit: Int)
    /// The same, of those among these partitions whose row can be locked, which are locked by it.
    case assignFree([Int], limit: Int)
    /// These rows of the outbox are moved to `perch.refused_events`.
    case refuse(sequences: [Int])
    /// `SET trimmed = greatest(trimmed, …)`, if the log has that position; answers the first id to keep.
    case promise(Int, through: Position)
    /// Drops what is older than this from the log, up to this position, at most so many; answers how many.
    case archive(Int, through: Position, most: Position, olderThan: Int64)
    /// What time it is.
    case clock
    /// These rows of the outbox were looked at, and may have a position.
    case check(sequences: [Int])
    case consult(Int, StreamState)
    case load(Int, after: Position, limit: Int)
    /// `FOR UPDATE`
    case lockPartition(Int)
    /// Into the log, and out of the outbox, unless the log has moved.
    case adopt(Int, [Entry])
    case setAside(Int, [Entry])
    /// `SET trimmed = greatest(trimmed, …)`: what is below this id and as old, the first `most` of it past `trimmed`; answers
    /// the first id to keep, and whether there is more.
    case retain(Int, below: EntryID, olderThan: Int64, most: Int)
    case dropLog(Int, before: EntryID)

    // Workers
    /// Says that the worker lives, before it acquires.
    case register(owner: Int, group: Int)
    /// `SELECT … FROM perch.leases … FOR UPDATE SKIP LOCKED`: the group's; own ones not among `keeping`, and up to `limit`
    /// claimable ones; none if the owner is dead.
    case lockLeases(owner: Int, group: Int, keeping: [Int], limit: Int)
    case takeLease(Int, owner: Int)
    /// `SELECT … FROM perch.checkpoints … FOR UPDATE`
    case lockCheckpoint(Int)
    case writeEpoch(Int, Epoch)
    case releaseLease(Int, owner: Int, Epoch)
    case insertEffects(Int, [PostgresData.Effect])
    case savepoint
    case rollbackToSavepoint
    /// How many events of the limit may be begun.
    case askLimit(group: Int, LimitQuestion)
    /// `SELECT … FROM perch.limit_slots … LIMIT 1 FOR UPDATE SKIP LOCKED`
    case occupy(group: Int, WorkLimit)
    case survey([Int])
    case countAttempts([CountedAttempt])
    case countRetry(Int, Epoch, key: Int)
    /// `INSERT INTO perch.failed_events`
    case park(Int, [PostgresData.FailedRow])
    /// `SELECT … FROM perch.failed_events … ORDER BY position LIMIT … FOR UPDATE`
    case fetch(Int, keys: [Int], limit: Int)
    case settle(Int, resolved: [Position], changed: [PostgresData.FailedRow])
    /// The fence of what moves no checkpoint.
    case confirm(Int, Epoch)
    case fence(Int, epoch: Epoch?, from: Position?, to: EntryID)
    /// The checkpoint moved in a transaction of its own, without a fence: only sabotages do this.
    case moveCheckpoint(Int, to: EntryID)

    // Heartbeats and operators
    /// - Parameter isConnected: The worker lives on; else it is only looked.
    case heartbeat(owner: Int, group: Int, isConnected: Bool)
    /// What the leases have to be looked at again by: how often they were changed, and who lives.
    case mark(group: Int)
    /// Gives back leases that the owner does not know of, each under the epoch that was seen.
    case giveUp(owner: Int, [Owned])
    case signOff(owner: Int)
    case lockLease(Int)
    case raiseEpoch(Int)
    /// The lease is an operator's for a while; nobody's backend is ended.
    case hold(Int, time: Int64)
    /// A replay with a reset: the effects past this position are emptied, the checkpoint goes back, the epoch up.
    case replay(Int, from: Position)
    /// A replay by idempotent handlers: the checkpoint goes back, the epoch up, and nothing else changes.
    case goBack(Int, to: Position)
    /// A replay of a key: what took effect from this position on is failed, as if for the first time, and the epoch goes up.
    case replayEvents(Int, key: Int, from: Position)
    /// `perch failed retry`, of all dead letters of a partition; `perch failed discard`, of one event.
    case retryDead(Int)
    case discard(Int, Position)

    var endsTransaction: Bool {
        switch self {
        case .commit, .rollback: true
        default: false
        }
    }

    /// A lease in somebody's name, by its row.
    struct Owned: Hashable {
        let row: Int
        let epoch: Epoch
    }
}

enum PostgresReply {
    case done
    case began
    /// The tag of the answer to COMMIT; a failed transaction answers ROLLBACK, and that is no error.
    case tag(isCommit: Bool)
    case refused(PostgresRefusal)
    case leads(Bool)
    case partitions([Int])
    /// And the sequences of rows that nobody has looked at, and whether delayed events are due.
    case assigned([Run], unchecked: [Int], isDue: Bool)
    case log(LogState)
    case rows([LogRow])
    case adopted(Bool)
    case clock(Int64)
    case dropped(Int64)
    case firstKept(EntryID?, hasMore: Bool)
    case leases([ClaimedLease])
    case epoch(Epoch)
    case checkpoint(EntryID)
    case view(
        share: Int,
        claimable: Int,
        epochs: [Epoch],
        revisions: [Int64],
        owned: [PostgresCommand.Owned],
        clock: Int64,
        live: [Int],
        shared: Int,
        free: [Int]
    )
    case mark(revision: Int64, living: Int64, clock: Int64)
    case allowed(LimitAnswer)
    case slot(LimitSlot)
    case surveys([Survey])
    case counted([Int?])
    case fetched([PostgresData.FailedRow], hasMore: Bool)

    struct Survey {
        let partition: Int
        let revision: Int64
        let heads: [PostgresData.FailedRow]
    }

    struct Run {
        let partition: Int
        let rows: [LogRow]
    }

    struct ClaimedLease {
        let partition: Int
        /// The backend of an owner that did not give the lease back.
        let backend: Int?
        let isUnclean: Bool
        let isOwn: Bool
    }
}

struct CountedAttempt {
    let partition: Int
    let epoch: Epoch
    let positions: ClosedRange<Position>
}

enum PostgresRefusal: Equatable {
    /// The fence found another epoch or position.
    case fenced(Int)
    case deadlock
    case lockTimeout
    /// `current transaction is aborted`
    case aborted
    /// `terminating connection due to administrator command`, a restart …
    case terminated
}

struct LogRow {
    let id: EntryID
    let event: Int
}
