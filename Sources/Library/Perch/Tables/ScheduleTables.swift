import FoundationEssentials
package import PerchProtocol
package import Postgres

/// What a scheduler asks of its service's database, in typed statements and typed answers.
///
/// Each call blocks the scheduler's thread, and is a transaction of its own. An error says by `FailureTelling` what helps. Not
/// `Sendable`: it belongs to one scheduler.
package protocol ScheduleTables: AnyObject, FailureTelling {
    /// The connection is over.
    var isDead: Bool { get }

    /// Notes a schedule as this program has it. What is at hand stays; else its next tick is by what it is now.
    ///
    /// - Returns: Whether it is noted. Not where it has to be changed and somebody runs it just now.
    func declare(_ schedule: Schedule) throws -> Bool

    /// What is noted of the service's schedules, by name, and the time that it is.
    func look() throws -> (now: Timestamp, found: [String: NotedSchedule])

    /// One transaction: locks the schedule's row where nobody else has, looks again, does what is to be done and notes it.
    ///
    /// - Returns: What has committed.
    /// - Throws: `FailedTick` for what its handler failed with. Nothing has committed then.
    func attempt(_ schedule: Schedule, by decision: ScheduleDecision<ScheduleTicks>) throws -> ScheduleAttempt

    /// Notes that a tick failed, unless somebody has done it meanwhile.
    ///
    /// - Parameter delay: How long it is left alone, by how many times in a row it has failed, this one included.
    /// - Returns: How many times in a row it has failed; nil: somebody has done it.
    func note(_ failure: FailedTick, of schedule: Schedule, delay: (Int) -> Duration) throws -> Int?
}

/// What is noted of a schedule.
package struct NotedSchedule: Hashable, Sendable {
    package var state: ScheduleState
    /// As the program declared it that did so last.
    package var recurrence, timeZone, missed: String

    /// Whether it is as this program has it.
    func isOf(_ schedule: Schedule) -> Bool {
        recurrence == schedule.recurrence.description && timeZone == schedule.timeZone.identifier
            && missed == schedule.missed.rawValue
    }
}

/// What came of an attempt.
package enum ScheduleAttempt: Hashable, Sendable {
    /// Somebody else has it, or it is no longer there.
    case taken
    /// There was nothing to do any more.
    case nothing
    /// The tick is done. `late`: from its time to when it was begun.
    case done(Tick, late: Duration)
    /// A part of it is done.
    case more(Tick)
    /// Ticks were missed and passed over.
    case passed(from: Timestamp, to: Timestamp?)
}

/// A handler failed, or what it had queued; nothing has committed.
package struct FailedTick: Error {
    package let tick: Tick
    /// What was noted before.
    package let state: ScheduleState
    package let cause: any Error

    package init(tick: Tick, state: ScheduleState, cause: any Error) {
        self.tick = tick
        self.state = state
        self.cause = cause
    }
}
