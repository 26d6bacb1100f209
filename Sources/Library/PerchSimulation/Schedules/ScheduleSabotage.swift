/// One mechanism of the schedules taken away. Each must be caught by some seed.
package enum ScheduleSabotage: String, CaseIterable, Sendable {
    /// The effects commit first, and the note in a transaction after.
    case noteAfterEffects
    /// The note commits first, and the effects in a transaction after.
    case noteBeforeEffects
    /// The row is not locked.
    case noLock
    /// What was seen before the row was locked is taken to hold.
    case noSecondLook
    /// A COMMIT without an answer counts as failed, and the tick is run again without a look.
    case unclearCommitTakenAsFailed
    /// The next tick is the next by the clock, and not the next after the one that is done.
    case nextTickByClock
    /// A tick that was begun is passed over like one that was not.
    case begunNotKept
    /// What an operator asked for stays noted when it is done.
    case requestNotTakenBack
}
