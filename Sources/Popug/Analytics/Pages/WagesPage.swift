import Foundation
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// What was paid out, by day.
struct WagesPage {
    /// Oldest first.
    let days: [DayWages]
    let today: CalendarDate

    func body(filter: FilterBar) -> HTML { "\(filter)\(isEmpty ? .empty : chart.html)\(table)" }

    /// What an open page keeps fresh.
    static func keys(_ days: ClosedRange<CalendarDate>) -> Set<AnalyticsKey> {
        Set((days.each + [days]).flatMap { [AnalyticsKey.paid($0), .wages($0)] }).union([.rebuild])
    }

    /// A day has people, whom it pays once; of several days wages are counted, since the same people are paid on each.
    static func text(paid count: Int64, in days: ClosedRange<CalendarDate>) -> String {
        let number = NumberText.count(count)
        return days.lowerBound == days.upperBound ? number : "\(number) \(count == 1 ? "wage" : "wages")"
    }

    private var isEmpty: Bool { days.allSatisfy { $0.count == 0 } }

    private var chart: BarChart {
        BarChart(
            id: "wages",
            title: "Wages paid a day",
            unit: "as loaded",
            bars: days.map { day in
                BarChart.Bar(
                    day.day.shortText,
                    name: day.day.longText,
                    Money(cents: day.total).amount,
                    isSoFar: day.day == today
                )
            }
        )
    }

    private var table: DataTable {
        let stretch = days.first.flatMap { first in days.last.map { first.day...max(first.day, $0.day) } }
        return DataTable(
            id: "days",
            caption: "Wages paid a day",
            columns: [.init("Day"), .init("People", isNumber: true), .init("Total", isNumber: true)],
            rows: isEmpty
                ? []
                : days.reversed().map { day in
                    [.init(.html(day.day.rowName(today: today)))] + Self.cells(WagesSum(of: [day]), day.day...day.day)
                },
            sums: isEmpty ? [] : stretch.map { [.init("Sum")] + Self.cells(WagesSum(of: days), $0) } ?? [],
            empty: "No wages in these days: they are paid when a day is closed in accounting."
        )
    }

    private static func cells(_ sum: WagesSum, _ days: ClosedRange<CalendarDate>) -> [DataTable.Cell] {
        [
            .init(.text(text(paid: sum.count, in: days)), live: AnalyticsKey.paid(days).live),
            .init(Money(cents: sum.total).cell, live: AnalyticsKey.wages(days).live),
        ]
    }
}

extension AnalyticsPages {
    func addWages(to routes: inout PageRoutes) {
        routes.page("/wages", for: .roles(.admin), fields: ["from", "to"]) { visit in
            let days = try await reports.businessDays(in: database)
            let choice = DayRangeChoice(visit, today: days.today)
            let wages = WagesPage(days: try await reports.wages(choice.days, in: database), today: days.today)
            let filter = Self.filter("Days", choice, visit, AnalyticsTab.wages.target)
            return try await page(
                .wages,
                visit,
                days,
                stream: choice.days.stream("wages", today: days.today),
                errors: choice.errors,
                body: wages.body(filter: filter)
            )
        }
        routes.stream("/live/wages", for: .roles(.admin), fields: ["from", "to", "today"]) { visit in
            WagesPage.keys(DayRangeChoice(visit, today: try visit.today).days).live
        }
    }
}
