/// Decides what a schedule has to do, by what is noted of it and the time that it is. No clock, no I/O.
///
/// A tick is at hand from its instant until it is done; no later one is run before it. What an operator asked for comes behind it.
package struct ScheduleDecision<Ticks: TickSource>: Sendable where Ticks: Sendable {
    package var ticks: Ticks
    package var missed: MissedTicks
    /// How late a tick may be and not be missed. Microseconds.
    package var punctuality: Int64
    /// No retry is later than this after a failure: what is later was noted before the clock was set back. Microseconds.
    package var longestRetry: Int64

    package init(
        ticks: Ticks,
        missed: MissedTicks,
        punctuality: Int64 = 60_000_000,
        longestRetry: Int64 = 300_000_000
    ) {
        self.ticks = ticks
        self.missed = missed
        self.punctuality = punctuality
        self.longestRetry = longestRetry
    }

    /// The step at this instant.
    package func step(_ state: ScheduleState, at now: Int64) -> ScheduleStep {
        let tick = state.isPaused ? nil : state.nextTick
        let isDue = tick.map { $0 <= now } ?? false
        guard isDue || state.requestedAt != nil else { return .wait(until: tick) }
        // Also where the difference is past what an integer holds.
        if let retry = state.retryAt, retry > now, retry.subtractingReportingOverflow(now).partialValue <= longestRetry,
            !retry.subtractingReportingOverflow(now).overflow
        {
            return .wait(until: retry)
        }
        if let tick, isDue { return step(at: now, due: tick, isBegun: state.isBegun) }
        return state.requestedAt.map { .runRequested($0) } ?? .wait(until: tick)
    }

    private func step(at now: Int64, due tick: Int64, isBegun: Bool) -> ScheduleStep {
        if isBegun { return .run(tick) }
        switch missed {
        case .all: return .run(tick)
        // The tick at hand need not be one of these ticks: it was noted when the schedule had others.
        case .latest: return .run(max(tick, ticks.last(atOrBefore: now) ?? tick))
        case .none:
            let latest = max(tick, ticks.last(atOrBefore: now) ?? tick)
            let late = now.subtractingReportingOverflow(latest)
            if !late.overflow, late.partialValue <= punctuality { return .run(latest) }
            return .pass(to: ticks.next(after: now))
        }
    }
}
