import Foundation
import Postgres

/// The instants of a `CronExpression` by the clocks of a time zone.
struct CronTicks {
    let expression: CronExpression
    let clock: LocalClock

    func next(after time: Timestamp) -> Timestamp? {
        guard time < Self.end else { return nil }
        // The last second at the time or before it: a tick is a whole second.
        let seconds = max(time, Self.begin).microsecondsSince1970.dividedDown(by: 1_000_000)
        let found = expression.hours.isAny ? nextShown(after: seconds) : nextOfDay(after: seconds)
        guard let found, found <= Self.end.microsecondsSince1970 / 1_000_000 else { return nil }
        return Timestamp(microsecondsSince1970: found * 1_000_000)
    }

    // MARK: Hours are given

    /// Each day has each of its times once, when clocks first show it or something past it. That is in the order of the times,
    /// whatever is done to the clocks.
    private func nextOfDay(after time: Int64) -> Int64? {
        let today = clock.day(at: time).daysSince1970
        for number in (today - 1)...(today + Self.longestGap) {
            let date = CalendarDate(daysSince1970: number)
            guard expression.has(date), clock.exists(date) else { continue }
            let readings = times.map { Int64(number) * LocalClock.day + $0 }
            guard let last = readings.last, clock.first(showing: last) > time else { continue }
            var (low, high) = (0, readings.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if clock.first(showing: readings[middle]) > time { high = middle } else { low = middle + 1 }
            }
            return clock.first(showing: readings[low])
        }
        return nil
    }

    /// Seconds since midnight by the clock, in order.
    private var times: [Int64] {
        let minutes = expression.minutes.values.filter { $0 < 60 }
        return expression.hours.values.filter { $0 < 24 }.flatMap { hour in minutes.map { Int64(hour * 3600 + $0 * 60) }
        }
    }

    // MARK: Hours are any

    /// The first minute that clocks show and that is one of these, also where they show it again.
    private func nextShown(after time: Int64) -> Int64? {
        var now = time
        // What clocks have shown until here they may show again, up to a day later.
        let near = time + Self.window * 3
        while true {
            let offset = clock.offset(at: now)
            guard let reading = nextReading(after: now + offset) else { return nil }
            let candidate = reading - offset
            let end = min(candidate, now + Self.window)
            if clock.offset(at: end) == offset {
                if end == candidate { return candidate }
                // Whatever is done to the clocks until shortly before it shows nothing that is looked for.
                now = end < near ? end : max(end, candidate - Self.window * 3)
                continue
            }
            let change = clock.change(after: now, upTo: end)
            if candidate < change { return candidate }
            if has(reading: clock.shown(at: change)) { return change }
            now = change
        }
    }

    /// By the calendar alone.
    private func nextReading(after reading: Int64) -> Int64? {
        let first = (reading.dividedDown(by: 60) + 1) * 60
        let day = Int(first.dividedDown(by: LocalClock.day))
        for number in day...(day + Self.longestGap) where expression.has(CalendarDate(daysSince1970: number)) {
            let midnight = Int64(number) * LocalClock.day
            let begin = max(first, midnight)
            for minute in Int64(0)..<60 {
                let found = begin + minute * 60
                if found >= midnight + LocalClock.day { break }
                if has(minuteOf: found) { return found }
            }
        }
        return nil
    }

    private func has(reading: Int64) -> Bool {
        reading % 60 == 0 && has(minuteOf: reading)
            && expression.has(CalendarDate(daysSince1970: Int(reading.dividedDown(by: LocalClock.day))))
    }

    private func has(minuteOf reading: Int64) -> Bool {
        let minute = reading.dividedDown(by: 60)
        return expression.minutes.has(Int(minute - minute.dividedDown(by: 60) * 60))
    }

    /// Hours in which clocks are changed at most once.
    private static let window: Int64 = 43_200
    /// In days: the 29th of February comes after eight years at the latest.
    private static let longestGap = 366 * 9
    static let begin = Timestamp(milliseconds: -62_135_596_800_000)
    static let end = Timestamp(milliseconds: 253_402_300_799_000)
}
