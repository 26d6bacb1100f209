import Foundation
import Postgres

/// What the clocks of a time zone show, as arithmetic: no clock, no I/O.
///
/// It takes clocks to be changed at most once within a day and a half, as they are everywhere.
struct LocalClock: Sendable {
    let timeZone: TimeZone

    /// Seconds that clocks there are ahead of UTC at a time, which is in seconds since 1970.
    func offset(at time: Int64) -> Int64 {
        Int64(timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(time))))
    }

    /// What clocks there show, as seconds since 1970-01-01T00:00 by these clocks.
    func shown(at time: Int64) -> Int64 { time + offset(at: time) }

    /// The day that clocks there show.
    func day(at time: Int64) -> CalendarDate {
        CalendarDate(daysSince1970: Int(shown(at: time).dividedDown(by: Self.day)))
    }

    /// When clocks there first show this, or something past it: what they skip comes when they are put forward.
    ///
    /// - Parameter reading: As `shown` has it.
    func first(showing reading: Int64) -> Int64 {
        let (before, after) = (offset(at: reading - Self.day), offset(at: reading + Self.day))
        if before == after { return reading - before }
        let candidates = [reading - max(before, after), reading - min(before, after)]
        if let found = candidates.first(where: { shown(at: $0) == reading }) { return found }
        return change(after: reading - Self.day, upTo: reading + Self.day)
    }

    /// Whether there is such a day, or the time zone skips it.
    func exists(_ day: CalendarDate) -> Bool {
        self.day(at: first(showing: Int64(day.daysSince1970) * Self.day)) == day
    }

    /// The first second that has the offset of `end`, where that of `start` is another.
    func change(after start: Int64, upTo end: Int64) -> Int64 {
        var (low, high) = (start, end)
        let before = offset(at: start)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(at: middle) == before { low = middle } else { high = middle }
        }
        return high
    }

    static let day: Int64 = 86_400
}

extension Int64 {
    /// Rounded down, also below zero.
    func dividedDown(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
