import Postgres

/// A stretch of days of the calendar.
enum Period: String, Sendable, CaseIterable, Codable {
    case day
    /// Monday to Sunday.
    case week
    case month

    /// The days of the period that a day belongs to.
    func days(around day: CalendarDate) -> ClosedRange<CalendarDate> {
        switch self {
        case .day:
            return day...day
        case .week:
            // 1970-01-01 was a Thursday.
            let weekday = ((day.daysSince1970 + 3) % 7 + 7) % 7
            let monday = day.daysSince1970 - weekday
            return CalendarDate(daysSince1970: monday)...CalendarDate(daysSince1970: monday + 6)
        case .month:
            let first = day.daysSince1970 - day.day + 1
            // Any month is over 31 days after it began, and the next one is not.
            let next = CalendarDate(daysSince1970: first + 31)
            return CalendarDate(
                daysSince1970: first
            )...CalendarDate(
                daysSince1970: next.daysSince1970 - (next.day - 1) - 1
            )
        }
    }
}
