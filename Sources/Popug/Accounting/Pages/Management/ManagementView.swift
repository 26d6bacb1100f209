import Foundation
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// What popug has earned, as its page shows it.
struct ManagementView {
    let report: EarningsReport
    /// What today has brought so far, whether or not it is among the days.
    let now: DayEarnings

    private var today: CalendarDate { report.today }
    private var hasToday: Bool { report.days.contains { $0.day == today } }

    // MARK: Values

    /// What its stream carries: today, and the sums that it belongs to.
    var keys: Set<LiveKey> {
        let earnings = AccountingKey.Earning.allCases
        return Set(earnings.flatMap { [key($0), sumKey($0)].compactMap(\.self) })
    }

    private func key(_ earning: AccountingKey.Earning) -> LiveKey {
        AccountingKey.management(earning, besides: Money(cents: 0)).live
    }

    private func sumKey(_ earning: AccountingKey.Earning) -> LiveKey? {
        guard hasToday else { return nil }
        let others = report.days.filter { $0.day != today }.map { earning.amount(of: $0) }.sum
        return AccountingKey.management(earning, besides: others).live
    }

    /// The days as a file.
    var file: CSVTable {
        CSVTable(
            head: ["Day", "Commissions", "Rewards", "Earned"],
            rows: report.days.map { day in
                [.text("\(day.day)")]
                    + [day.commissions, day.rewards, day.earned].map { CSVTable.Cell.number($0.description) }
            }
        )
    }

    // MARK: Parts

    var stats: Stats {
        Stats([
            Stat(
                "Earned today",
                now.earned.cell,
                note: "So far: commissions less rewards",
                live: key(.earned)
            ),
            Stat("Commissions today", now.commissions.cell, live: key(.commissions)),
            Stat("Rewards today", now.rewards.cell, live: key(.rewards)),
        ])
    }

    var chart: BarChart {
        BarChart(
            id: "earned",
            title: "Earned a day",
            bars: report.days.map { day in
                BarChart.Bar(
                    day.day.shortText,
                    name: day.day.heading(on: today),
                    day.earned.amount,
                    isSoFar: day.day == today
                )
            }
        )
    }

    /// The newest day first.
    var table: DataTable {
        DataTable(
            id: "days",
            caption: "What was earned by day",
            isCaptionHidden: true,
            columns: [
                .init("Day"), .init("Commissions", isNumber: true), .init("Rewards", isNumber: true),
                .init("Earned", isNumber: true),
            ],
            rows: report.days.reversed().map { row(of: $0) },
            sums: [
                .init(.text("All \(report.days.count) days")),
                .init(report.commissions.cell, live: sumKey(.commissions)),
                .init(report.rewards.cell, live: sumKey(.rewards)), .init(report.earned.cell, live: sumKey(.earned)),
            ]
        )
    }

    private func row(of day: DayEarnings) -> [DataTable.Cell] {
        let isToday = day.day == today
        let name = day.day.heading(on: today)
        return [
            .init(.html(isToday ? "\(name) \(Badge("so far", .info))" : "\(name)")),
            .init(day.commissions.cell, live: isToday ? key(.commissions) : nil),
            .init(day.rewards.cell, live: isToday ? key(.rewards) : nil),
            .init(day.earned.cell, live: isToday ? key(.earned) : nil),
        ]
    }
}
