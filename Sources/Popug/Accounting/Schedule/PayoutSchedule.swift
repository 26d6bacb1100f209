public import Foundation
public import Perch
public import Postgres

/// When days are closed: each once it is over and the payout time of the day after it has come. No clock, no I/O.
public struct PayoutSchedule: Sendable {
    let time: TimeOfDay
    let days: ZonedDays

    /// - Parameters:
    ///   - time: By the clocks of the time zone. Where they skip it, it comes when they are put forward; where they show it
    ///     twice, the first time counts.
    ///   - timeZone: Where a day begins and ends.
    public init(time: TimeOfDay, timeZone: TimeZone) {
        self.time = time
        days = ZonedDays(timeZone: timeZone)
    }

    /// When a day is closed: at the payout time of each day.
    ///
    /// - Throws: Nothing that a time of day could cause.
    public var recurrence: Recurrence {
        get throws { try .cron("\(time.minuteOfDay % 60) \(time.minuteOfDay / 60) * * *") }
    }

    /// The last day that is to be closed by now.
    public func dayDue(at now: Timestamp) -> CalendarDate {
        let today = days.local(now).day
        let yesterday = days.day(before: today)
        return now >= days.first(today, minute: time.minuteOfDay) ? yesterday : days.day(before: yesterday)
    }
}
