import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// The business days that there are, as a table.
struct DaysTable {
    let days: [DayRecord]
    let today: CalendarDate

    static func badge(_ state: DayState) -> Badge {
        let kind: Badge.Kind =
            switch state {
            case .open: .neutral
            case .due: .warning
            case .paying: .info
            case .closed: .ok
            }
        return Badge(state.words, kind)
    }

    func table(_ clock: PageClock) -> DataTable {
        DataTable(
            id: "days",
            caption: "Business days",
            isCaptionHidden: true,
            columns: [
                .init("Day"), .init("State"), .init("Paid", unit: "#", isNumber: true), .init("Total", isNumber: true),
                .init("Closed at"),
            ],
            rows: days.map { day in
                let target = LinkTarget(["days", "\(day.day)"]) ?? "/days"
                return [
                    .init(.component(Link("\(day.day.heading(on: today))", to: target))),
                    .init(.component(Self.badge(day.state))),
                    .init(day.paid.map { .count($0.paid) } ?? .none), .init(day.paid?.total.cell ?? .none),
                    .init(day.closedAt.map { .component(TimeText($0, clock, isExact: true)) } ?? .none),
                ]
            }
        )
    }
}
