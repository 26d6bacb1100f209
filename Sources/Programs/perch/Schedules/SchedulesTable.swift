import Perch
import PerchOperating
import Postgres

/// Schedules as a table.
enum SchedulesTable {
    static func text(_ schedules: [ScheduleStatus], _ screen: Screen) -> Shown {
        var table = Table([
            .init(header: "SERVICE"), .init(header: "SCHEDULE"), .init(header: "RECURS"),
            .init(header: "ZONE", dispensable: 2), .init(header: "LAST RUN", dispensable: 1), .init(header: "NEXT"),
            .init(header: "STATE"), .init(header: "ERROR", dispensable: 3, isCuttable: true),
        ])
        for schedule in schedules {
            table.add([
                Table.Cell(schedule.service), Table.Cell(schedule.name, .name), Table.Cell(schedule.recurrence),
                Table.Cell(schedule.timeZone), Table.Cell(schedule.lastRunAt?.description ?? "-"),
                Table.Cell(schedule.nextTick?.description ?? "-"),
                Table.Cell(schedule.state.rawValue, schedule.state.isGood ? nil : .bad),
                Table.Cell(schedule.lastError.map { Format.line($0) } ?? ""),
            ])
        }
        return table.text(screen)
    }
}

extension ScheduleStatus.State {
    fileprivate var isGood: Bool { self != .failing && self != .due }
}

/// Schedules as JSON.
struct SchedulesDocument: Encodable {
    let schedules: [Schedule]
    let problems: [ProblemDocument]

    struct Schedule: Encodable {
        let service, name, recurrence, timeZone, missed, state: String
        let lastTick, lastRunAt, nextTick, requestedAt, pausedAt, failedAt, retryAt, lastError: String?
        let overdueSeconds: Double?
        let failures: Int
    }

    init(_ schedules: [ScheduleStatus], _ problems: [ServerProblem]) {
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
        self.problems = problems.map(ProblemDocument.init)
    }
}
