public import Foundation
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

    /// The last day that is to be closed by now.
    public func dayDue(at now: Timestamp) -> CalendarDate {
        let today = days.local(now).day
        let yesterday = days.day(before: today)
        return now >= payout(on: today) ? yesterday : days.day(before: yesterday)
    }

    /// When the next day is to be closed: later than now.
    public func nextPayout(after now: Timestamp) -> Timestamp {
        let today = days.local(now).day
        let first = payout(on: today)
        return first > now ? first : payout(on: days.day(after: today))
    }

    private func payout(on day: CalendarDate) -> Timestamp { days.first(day, minute: time.minuteOfDay) }
}
