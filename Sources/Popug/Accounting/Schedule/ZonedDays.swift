import Foundation
import Postgres

/// The days of a time zone as points in time: no clock, no I/O.
struct ZonedDays {
    let timeZone: TimeZone

    /// The day and the minute that clocks there show.
    func local(_ time: Timestamp) -> (day: CalendarDate, minute: Int) {
        let minutes = Int((Double(time.milliseconds) / 1000 + offset(at: time)) / 60, rounding: .down)
        let day = Int(Double(minutes) / 1440, rounding: .down)
        return (CalendarDate(daysSince1970: day), minutes - day * 1440)
    }

    /// When clocks there first show this time of the day, or one past it: a time that is skipped comes when clocks are put
    /// forward, and so does a skipped day.
    func first(_ day: CalendarDate, minute: Int) -> Timestamp {
        let asUTC = Int64(day.daysSince1970 * 1440 + minute) * 60_000
        // The time zone's offset a day before and a day after: clocks are changed at most once in between.
        let (before, after) = (Timestamp(milliseconds: asUTC - Self.day), Timestamp(milliseconds: asUTC + Self.day))
        let candidates = [before, after].map { Timestamp(milliseconds: asUTC - Int64(offset(at: $0) * 1000)) }.sorted()
        if let found = candidates.first(where: { local($0) == (day, minute) }) { return found }
        // The clocks skip it: look for the moment when they are changed.
        var (low, high) = (before.milliseconds, after.milliseconds)
        let offsetBefore = offset(at: before)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(at: Timestamp(milliseconds: middle)) == offsetBefore { low = middle } else { high = middle }
        }
        return Timestamp(milliseconds: high)
    }

    /// The day before, as the time zone counts.
    func day(before day: CalendarDate) -> CalendarDate {
        var date = CalendarDate(daysSince1970: day.daysSince1970 - 1)
        while !exists(date) { date = CalendarDate(daysSince1970: date.daysSince1970 - 1) }
        return date
    }

    /// Whether the time zone has the day, or skips it.
    func exists(_ day: CalendarDate) -> Bool { local(first(day, minute: 0)).day == day }

    /// Seconds that clocks there are ahead of UTC.
    private func offset(at time: Timestamp) -> Double {
        Double(timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.milliseconds) / 1000)))
    }

    private static let day: Int64 = 86_400_000
}

extension Int {
    fileprivate init(_ value: Double, rounding rule: FloatingPointRoundingRule) { self.init(value.rounded(rule)) }
}
