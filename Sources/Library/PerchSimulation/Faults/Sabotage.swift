/// One mechanism of the protocol taken away, in the shells or in the servers; the machines run unchanged.
///
/// The test of the simulation: each must be caught by some seed.
package enum Sabotage: String, CaseIterable, Sendable {
    /// The checkpoint is moved whatever its epoch and position are.
    case noFence
    /// The fence compares the position only.
    case noEpochInFence
    /// The fence compares the epoch only.
    case noPositionInFence
    /// XACK goes out before COMMIT.
    case acknowledgeBeforeCommit
    /// Progress is what Redis says: XACK before COMMIT, rewind to the oldest pending entry, no position in the fence.
    case progressByPendingList
    /// The effects commit first, the checkpoint in a transaction after.
    case checkpointInItsOwnTransaction
    /// The group is made if missing and never set back.
    case noRewind
    /// XRANGE after an empty read is answered "nothing there" without asking.
    case emptyReadsNotVerified
    /// What is delivered is handled whatever its positions are.
    case batchesNotVerified
    /// `XADD *`.
    case plainAppendWithStar
    /// Bare pipelined XADDs to where the relay believes the stream to be.
    case appendWithoutCompare
    /// The compare, but no WATCH between it and the append; and the relay often hesitates there.
    case appendWithoutWatch
    /// Positions in the order in which transactions began.
    case orderByTransactionID
    /// A missing group is made at `$`.
    case groupMadeAtDollar
    /// A missing group is made at `$`, and empty reads are not verified.
    case groupMadeAtDollarUnverified
    /// Any answer to COMMIT but a lost connection is taken as committed.
    case commitTagNotRead
    /// The old owner's backend is left alone.
    case takeoverWithoutEndingBackend
    /// Positions are given without the partition's row lock.
    case assignWithoutRowLock
    /// Rows of the outbox that nobody has looked at are overtaken by those behind them.
    case uncheckedOvertaken
    /// After a broken connection, positions are given before the streams are looked at.
    case assignBeforeInspect
    /// A COMMIT whose answer is lost counts as committed.
    case unclearCommitTakenAsCommitted
    /// A COMMIT whose answer is lost counts as failed; the round is run again as it is.
    case unclearCommitRetriedBlindly
    /// The same, and the fence does not compare the position.
    case unclearCommitRetriedWithoutPosition
    /// Retention looks only at the clock.
    case trimWithoutGroups
    /// The relay does not look at where the groups stand.
    case groupsNotLookedAt
    /// A stream is made again without its first entry.
    case rebuildFromWrongPosition
    /// An append whose reply is lost is made again under the next ids.
    case lostReplyAppendedAgainWithNewIds
    /// Streams are never compared with the log unless something is to be appended.
    case noAudit
    /// A lease in the name of a worker that lives is never given back, also if the worker does not know of it.
    case unknownLeasesKept
    /// Leases are held also when their worker is dead.
    case leasesOfTheDeadKept
    /// Leases are taken also while their worker lives.
    case leasesOfTheLivingTaken
    /// The groups that share a database have the same leases, checkpoints and workers.
    case groupNotInKey
    /// No `idle_in_transaction_session_timeout` in the transactions of acquire and assign.
    case noIdleTimeout
    /// Foreign entries are handed to the handlers like ours.
    case foreignEntriesHandled
    /// Workers take an entry at once, however far its id lies ahead of the clock.
    case earlyEntriesHandled
    /// The relay adopts an entry, however far its id lies ahead of the clock.
    case earlyEntriesAdopted
    /// Adopted entries stay in the outbox.
    case adoptedEntriesStayInOutbox
    /// Adopted entries stay among the delayed events.
    case adoptedEntriesStayDelayed
    /// Delayed events are put into the outbox when they are due, and stay where they were.
    case dueGivenTwice
    /// Delayed events are taken out when they are due, and not put into the outbox.
    case dueLost
    /// Delayed events that are due are moved in the order in which they were asked for.
    case dueInOrderOfAsking
    /// Any number of relays move delayed events at the same time, each what the others have not locked, also of the same key.
    case dueMovedByAll
    /// What is due is told by the latest time that the clock has ever shown, though it may have been set back.
    case dueByClockOnceSeen
    /// What is due behind an event of its key that is being cancelled is moved before it.
    case dueOvertakesCancelled
    /// The relay does not ask whether delayed events are due.
    case dueNotLookedFor
    /// Later events of a key whose first one has failed are handled at once.
    case followersNotHeld
    /// Failed events are retried whatever the epoch is.
    case retryWithoutFence
    /// Failed events are parked in a transaction after the one that moves the checkpoint.
    case parkedOutsideTransaction
    /// Chosen events are put among the failed while the epoch stays.
    case chosenEventsWithoutEpoch
    /// What lies among the failed already, and comes again by a replay, refuses the round.
    case parkedAgain
    /// What is tried again does not count its attempts.
    case attemptsLost
    /// What may end the process is tried without being counted before.
    case attemptsNotCounted
    /// A COMMIT that is submitted counts as committed.
    case outcomeNotAwaited
    /// A round that was handled in part, since the worker is to stop, moves its checkpoints as if all of it were.
    case interruptedRoundTakenAsWhole

    /// A slot of a limit is not locked.
    case slotNotTaken
    /// A slot stays locked when its transaction has ended.
    case slotNeverGivenBack
    /// What a limit has allowed is not counted.
    case limitNotCounted
    // Of nodes, in both kinds of runs.
    /// A node that is away counts as the end of all of a worker's connections.
    case oneNodeAwayEndsAll
    /// The same of a relay's.
    case oneLaneAwayEndsAll
    /// A stream is taken to be as it was at the node that had it before.
    case tailKeptOverMovedSlot
    /// A transaction that a node aborts, for the slot is another one's, counts as done.
    case abortTakenAsAppended
    /// That a server is a replica counts as any other refusal, and its connection is kept.
    case readOnlyTakenAsRefusal
    /// Only what was rung for is looked at.
    case noLookWithoutRing

    // Of Perch's own loops: what their shells once got wrong.
    /// A version that no `int` of Postgres holds is read as one of ours.
    case widthNotChecked
    /// A trim gives up after what one command drops, however much is left.
    case trimsOneSlice
    /// An error reply behind an append that was refused counts as the end of the connection.
    case errorBehindRefusalEndsConnection
    /// What another worker has read below the checkpoint is never acknowledged.
    case nothingSwept
    /// The heartbeat looks at the leases once, and takes them to stay as they are.
    case viewNotRefreshed
    /// It looks at them when one was changed, and not when a worker has died.
    case deathNotNoticed
    /// A relay that is frozen stays the active one.
    case frozenRelayLeads
    /// A worker keeps the lease of a partition whose node it alone does not reach.
    case awayLeasesKept
    /// A lease that was given back so is taken by nobody else, for each has its share.
    case straysNotTaken
    /// A relay that alone does not reach a node stays the active one.
    case awayLeadKept
    /// Waits go by the clock on the wall, which can be set back.
    case waitsByWallClock

    /// The fault that it is for, which alone strikes then; nil: those that a seed draws.
    package var fault: Fault? {
        switch self {
        case .oneNodeAwayEndsAll, .oneLaneAwayEndsAll: .nodeAway
        case .tailKeptOverMovedSlot: .slotMoves
        case .abortTakenAsAppended: .migrating
        case .readOnlyTakenAsRefusal: .demotedStays
        case .noLookWithoutRing: .ringLost
        case .awayLeasesKept, .straysNotTaken, .awayLeadKept: .cutOff
        case .interruptedRoundTakenAsWhole: .quiet
        default: nil
        }
    }

    /// Whether it is one of the runs of Perch's own loops, or of those of the bare machines.
    package func isOf(shells: Bool) -> Bool {
        switch self {
        case .widthNotChecked, .trimsOneSlice, .errorBehindRefusalEndsConnection, .nothingSwept, .waitsByWallClock,
            .frozenRelayLeads, .viewNotRefreshed, .deathNotNoticed, .awayLeasesKept, .straysNotTaken,
            .awayLeadKept:
            shells
        case .oneNodeAwayEndsAll, .oneLaneAwayEndsAll, .tailKeptOverMovedSlot, .abortTakenAsAppended,
            .readOnlyTakenAsRefusal, .noLookWithoutRing:
            true
        default: !shells
        }
    }

    /// What it takes away belongs to a COMMIT that is waited for.
    var isOfWaitingCommit: Bool {
        switch self {
        case .acknowledgeBeforeCommit, .progressByPendingList, .checkpointInItsOwnTransaction, .commitTagNotRead: true
        default: false
        }
    }
}
