package import PerchOperating
import Times

/// Schedules as JSON.
package struct SchedulesDocument: Encodable {
    let schedules: [Schedule]
    let problems: [ProblemDocument]

    struct Schedule: Encodable {
        let service, name, recurrence, timeZone, missed, state: String
        let lastTick, lastRunAt, nextTick, requestedAt, pausedAt, failedAt, retryAt, lastError: String?
        let overdueSeconds: Double?
        let failures: Int
    }

    package init(_ schedules: [ScheduleStatus], _ problems: [ProblemDocument]) {
        self.schedules = schedules.map {
            Schedule(
                service: $0.service,
                name: $0.name,
                recurrence: $0.recurrence,
                timeZone: $0.timeZone,
                missed: $0.missed,
                state: $0.state.rawValue,
                lastTick: $0.lastTick?.description,
                lastRunAt: $0.lastRunAt?.description,
                nextTick: $0.nextTick?.description,
                requestedAt: $0.requestedAt?.description,
                pausedAt: $0.pausedAt?.description,
                failedAt: $0.failedAt?.description,
                retryAt: $0.retryAt?.description,
                lastError: $0.lastError,
                overdueSeconds: $0.overdue?.rounded,
                failures: $0.failures
            )
        }
        self.problems = problems
    }
}
