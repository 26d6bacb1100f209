/// What a schedule has to do now.
package enum ScheduleStep: Hashable, Sendable {
    /// Nothing before this instant; nil: nothing until somebody changes it.
    case wait(until: Int64?)
    /// Run this tick.
    case run(Int64)
    /// Run what an operator asked for at this instant.
    case runRequested(Int64)
    /// What was missed is not run: note that this tick is the next; nil: there is none any more.
    case pass(to: Int64?)
}
