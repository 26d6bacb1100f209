import Foundation
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// How does management earn? Today, yesterday and this week beside the week before, and each day of a stretch.
struct EarningsPage {
    let overview: EarningsOverview
    /// Oldest first.
    let days: [DayEarnings]

    private var today: CalendarDate { overview.today.days.upperBound }

    /// Its numbers, figure and table, with the filter between them.
    func body(filter: FilterBar) -> HTML { "\(stats)\(filter)\(isEmpty ? .empty : chart.html)\(table)" }

    /// What an open page keeps fresh.
    static func keys(_ days: ClosedRange<CalendarDate>, _ overview: EarningsOverview) -> Set<AnalyticsKey> {
        var keys: Set<AnalyticsKey> = [.rebuild]
        for stretch in overview.stretches { keys.insert(.earnings(.earned, stretch)) }
        for stretch in days.each + [days] {
            keys.formUnion(AnalyticsKey.Part.allCases.map { .earnings($0, stretch) })
        }
        return keys
    }

    // MARK: Lately

    private var stats: Stats {
        let week = overview.week.days
        let weekday = today.longText.prefix { $0 != " " }
        let before: HTML = "the week before \(Self.live(overview.weekBefore))"
        let upTo: HTML = ", \(Self.live(overview.weekBeforeSoFar)) of it up to \(weekday)"
        return Stats([
            stat("Today, so far", overview.today, note: Self.note(overview.todayBefore)),
            stat("Yesterday", overview.yesterday, note: Self.note(overview.yesterdayBefore)),
            stat(
                "This week, so far",
                overview.week,
                note: week.upperBound == overview.weekBefore.days.upperBound ? before : before + upTo
            ),
        ])
    }

    private func stat(_ label: String, _ sum: EarningsOverview.Sum, note: HTML) -> Stat {
        Stat(label, Money(cents: sum.earned).cell, note: note, live: AnalyticsKey.earnings(.earned, sum.days).live)
    }

    private static func note(_ sum: EarningsOverview.Sum) -> HTML { "a week before \(live(sum))" }

    private static func live(_ sum: EarningsOverview.Sum) -> LiveText {
        LiveText(Money(cents: sum.earned).pageText, live: AnalyticsKey.earnings(.earned, sum.days).live)
    }

    // MARK: By day

    private var isEmpty: Bool { days.allSatisfy { $0.commissions == 0 && $0.rewards == 0 } }

    private var chart: BarChart {
        BarChart(
            id: "earned",
            title: "Earned a day",
            unit: "commissions − rewards, as loaded",
            bars: days.map { day in
                BarChart.Bar(
                    day.day.shortText,
                    name: day.day.longText,
                    Money(cents: day.earned).amount,
                    isSoFar: day.day == today
                )
            }
        )
    }

    private var table: DataTable {
        let sum = EarningsSum(of: days)
        let stretch = days.first.flatMap { first in days.last.map { first.day...max(first.day, $0.day) } }
        return DataTable(
            id: "days",
            caption: "Earned a day",
            columns: [
                .init("Day"), .init("Commissions", isNumber: true), .init("Rewards", isNumber: true),
                .init("Earned", isNumber: true),
            ],
            rows: isEmpty
                ? []
                : days.reversed().map { day in
                    [.init(.html(day.day.rowName(today: today)))]
                        + Self.cells(EarningsSum(of: [day]), day.day...day.day)
                },
            sums: isEmpty ? [] : stretch.map { [.init("Sum")] + Self.cells(sum, $0) } ?? [],
            empty: "Nothing in these days: commissions come when tickets are assigned, rewards when they are closed."
        )
    }

    private static func cells(_ sum: EarningsSum, _ days: ClosedRange<CalendarDate>) -> [DataTable.Cell] {
        AnalyticsKey.Part.allCases.map {
            .init(Money(cents: sum[$0]).cell, live: AnalyticsKey.earnings($0, days).live)
        }
    }
}

extension EarningsOverview {
    /// All stretches of days that it has sums of.
    var stretches: [ClosedRange<CalendarDate>] {
        [today, todayBefore, yesterday, yesterdayBefore, week, weekBefore, weekBeforeSoFar].map(\.days)
    }
}

extension AnalyticsPages {
    func addEarnings(to routes: inout PageRoutes) {
        routes.page("/", for: .roles(.admin), fields: ["from", "to"]) { visit in
            let days = try await reports.businessDays(in: database)
            let choice = DayRangeChoice(visit, today: days.today)
            let earned = EarningsPage(
                overview: try await reports.overview(on: days.today, in: database),
                days: try await reports.earnings(choice.days, in: database)
            )
            let filter = Self.filter("Days", choice, visit, AnalyticsTab.earnings.target)
            return try await page(
                .earnings,
                visit,
                days,
                stream: choice.days.stream("earnings", today: days.today),
                errors: choice.errors,
                body: earned.body(filter: filter)
            )
        }
        routes.stream("/live/earnings", for: .roles(.admin), fields: ["from", "to", "today"]) { visit in
            let today = try visit.today
            let overview = EarningsOverview(on: today, of: [])
            return EarningsPage.keys(DayRangeChoice(visit, today: today).days, overview).live
        }
    }
}
