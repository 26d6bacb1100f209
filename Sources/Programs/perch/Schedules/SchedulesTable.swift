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
