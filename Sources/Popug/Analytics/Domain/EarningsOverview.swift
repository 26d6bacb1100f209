import Postgres

/// What management earned lately.
struct EarningsOverview: Sendable, Hashable {
    /// Cents earned in a stretch of days, both ends included.
    struct Sum: Sendable, Hashable {
        let days: ClosedRange<CalendarDate>
        let earned: Int64
    }

    let today: Sum
    /// The same day of the week before, whole.
    let todayBefore: Sum
    let yesterday: Sum
    let yesterdayBefore: Sum
    /// From Monday up to today.
    let week: Sum
    /// All seven days.
    let weekBefore: Sum
    /// From Monday up to the same day of the week, whole.
    let weekBeforeSoFar: Sum
}

extension EarningsOverview {
    /// - Parameters:
    ///   - today: The present day.
    ///   - earned: By day; days that are not among them have earned nothing.
    init(on today: CalendarDate, of earned: [DayEarnings]) {
        func day(_ offset: Int, from day: CalendarDate) -> CalendarDate {
            CalendarDate(daysSince1970: day.daysSince1970 + offset)
        }
        func sum(_ days: ClosedRange<CalendarDate>) -> Sum {
            Sum(days: days, earned: EarningsSum(of: earned.filter { days.contains($0.day) }).earned)
        }
        let monday = Period.week.days(around: today).lowerBound
        let lastMonday = day(-7, from: monday)
        let (yesterday, sameDay) = (day(-1, from: today), day(-7, from: today))
        let dayBefore = day(-1, from: sameDay)
        self.init(
            today: sum(today...today),
            todayBefore: sum(sameDay...sameDay),
            yesterday: sum(yesterday...yesterday),
            yesterdayBefore: sum(dayBefore...dayBefore),
            week: sum(monday...today),
            weekBefore: sum(lastMonday...day(-1, from: monday)),
            weekBeforeSoFar: sum(lastMonday...sameDay)
        )
    }
}

extension Reports {
    /// What management earned today, yesterday, this week, and what in the week before.
    func overview(in database: Database) async throws -> EarningsOverview {
        try await overview(on: today(in: database), in: database)
    }

    /// - Parameter today: The present day.
    func overview(on today: CalendarDate, in database: Database) async throws -> EarningsOverview {
        // The day before the same day of the week before is the first that is told.
        let first = CalendarDate(daysSince1970: today.daysSince1970 - 14)
        return EarningsOverview(on: today, of: try await earnings(first...today, in: database))
    }
}
