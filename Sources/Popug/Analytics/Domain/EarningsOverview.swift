import Postgres

/// What management earned lately.
struct EarningsOverview: Sendable, Hashable {
    /// Cents earned in a stretch of days, both ends included.
    struct Sum: Sendable, Hashable {
        let days: ClosedRange<CalendarDate>
        let earned: Int64
    }

    let today: Sum
    let yesterday: Sum
    /// From Monday up to today.
    let week: Sum
    /// All seven days.
    let weekBefore: Sum
}

extension Reports {
    /// What management earned today, yesterday, this week and the week before.
    func overview(in database: Database) async throws -> EarningsOverview {
        let today = try await self.today(in: database)
        let monday = Period.week.days(around: today).lowerBound
        let (lastMonday, lastSunday) = (Self.day(-7, from: monday), Self.day(-1, from: monday))
        let yesterday = Self.day(-1, from: today)
        let earned = try await earnings(lastMonday...today, in: database)
        func sum(_ days: ClosedRange<CalendarDate>) -> EarningsOverview.Sum {
            let cents = earned.filter { days.contains($0.day) }.reduce(Int64(0)) { sum, day in
                let (next, isTooLarge) = sum.addingReportingOverflow(day.earned)
                return isTooLarge ? (day.earned < 0 ? .min : .max) : next
            }
            return EarningsOverview.Sum(days: days, earned: cents)
        }
        return EarningsOverview(
            today: sum(today...today),
            yesterday: sum(yesterday...yesterday),
            week: sum(monday...today),
            weekBefore: sum(lastMonday...lastSunday)
        )
    }

    private static func day(_ offset: Int, from day: CalendarDate) -> CalendarDate {
        CalendarDate(daysSince1970: day.daysSince1970 + offset)
    }
}
