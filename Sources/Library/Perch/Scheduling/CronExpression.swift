public import Foundation
public import Postgres

/// When something recurs by the clocks of a time zone, in five fields: minute, hour, day of the month, month, day of the week.
///
/// A field is `*`, a number, a range `1-5`, a step `*/15` or `8-18/2`, or a list of these: `0,30`. Months and days of the week also
/// have names: `JAN`, `MON-FRI`; Sunday is 0 and 7. `L` as a day of the month is its last. Where both the day of the month and the day
/// of the week are given, a day of either counts, as cron has it.
///
/// Where clocks are changed: a time that they skip comes once, at the moment when they are put forward, and one that they show twice
/// comes once, the first time. So each day that there is has its ticks once. Where the hour is `*`, ticks go by what clocks show: what
/// they skip does not come, and what they show twice comes twice, so that what recurs each quarter of an hour goes on doing so. A date
/// that a time zone skips has no ticks.
public struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    /// The five fields, with one space between them.
    public let description: String
    let minutes: CronField
    let hours: CronField
    let days: CronField
    let months: CronField
    let weekdays: CronField
    /// `L` is among the days of the month.
    let hasLastDay: Bool

    /// Reads the five fields.
    ///
    /// - Throws: `InvalidRecurrence`, which says what was expected; also where no month has the day, and where cron's readers differ
    ///   in what is meant.
    public init(_ text: String) throws(InvalidRecurrence) {
        let fields = text.split(whereSeparator: \.isWhitespace).map(String.init)
        description = fields.joined(separator: " ")
        var reader = CronReader(text: description)
        guard fields.count == 5 else {
            throw reader.error("expected 5 fields (minute, hour, day, month, day of the week), found \(fields.count)")
        }
        minutes = try reader.field(fields[0], .minute)
        hours = try reader.field(fields[1], .hour)
        days = try reader.field(fields[2], .day)
        hasLastDay = reader.hasLastDay
        months = try reader.field(fields[3], .month)
        weekdays = try reader.field(fields[4], .weekday)
        try reader.checkDays(days, weekdays, months)
    }

    /// The first time of it that is later, to the second.
    ///
    /// - Returns: nil after the year 9999.
    public func next(after time: Timestamp, in timeZone: TimeZone) -> Timestamp? {
        CronTicks(expression: self, clock: LocalClock(timeZone: timeZone)).next(after: time)
    }

    /// Whether the day is one of it.
    func has(_ date: CalendarDate) -> Bool {
        guard months.has(date.month) else { return false }
        let isDay = days.has(date.day) || hasLastDay && date.isLastOfMonth
        // 1970-01-01 was a Thursday.
        let sinceSunday = Int64(date.daysSince1970) + 4
        let weekday = Int(sinceSunday - sinceSunday.dividedDown(by: 7) * 7)
        if days.isAny { return weekdays.has(weekday) }
        return weekdays.isAny ? isDay : isDay || weekdays.has(weekday)
    }
}

extension CalendarDate {
    fileprivate var isLastOfMonth: Bool { CalendarDate(daysSince1970: daysSince1970 + 1).day == 1 }
}
