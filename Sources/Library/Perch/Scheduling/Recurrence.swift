public import Foundation
public import Postgres

/// When a schedule recurs. A value: it asks no clock.
public struct Recurrence: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: Hashable {
        case cron(CronExpression)
        /// In microseconds.
        case every(Int64, from: Int64)
    }

    private let kind: Kind

    /// By the clocks of a time zone; `CronExpression` says how, and what happens where clocks are changed.
    ///
    /// - Parameter text: Five fields, as `5 0 * * *`: at 00:05 of each day.
    /// - Throws: `InvalidRecurrence`.
    public static func cron(_ text: String) throws(InvalidRecurrence) -> Recurrence {
        Recurrence(kind: .cron(try CronExpression(text)))
    }

    /// At equal distances, whatever the clocks of a time zone do.
    ///
    /// - Parameters:
    ///   - interval: One second to 366 days, in whole milliseconds.
    ///   - anchor: One of the ticks; the others lie before and after it. Default: 1970-01-01T00:00:00Z.
    /// - Throws: `InvalidRecurrence`.
    public static func every(
        _ interval: Duration,
        from anchor: Timestamp = Timestamp(milliseconds: 0)
    ) throws(InvalidRecurrence) -> Recurrence {
        guard (.seconds(1) ... .seconds(366 * 86_400)).contains(interval) else {
            throw InvalidRecurrence(text: "every \(interval)", reason: "expected 1 second to 366 days")
        }
        guard interval == .milliseconds(interval.milliseconds) else {
            throw InvalidRecurrence(text: "every \(interval)", reason: "expected whole milliseconds")
        }
        guard (CronTicks.begin...CronTicks.end).contains(anchor) else {
            throw InvalidRecurrence(text: "every \(interval)", reason: "expected an anchor in the years 1 to 9999")
        }
        return Recurrence(kind: .every(interval.milliseconds * 1000, from: anchor.microsecondsSince1970))
    }

    /// The first tick that is later.
    ///
    /// - Parameter timeZone: Whose clocks count; of no matter to `every`.
    /// - Returns: nil after the year 9999.
    public func next(after time: Timestamp, in timeZone: TimeZone) -> Timestamp? {
        switch kind {
        case .cron(let expression): return expression.next(after: time, in: timeZone)
        case .every(let interval, let anchor):
            guard time < CronTicks.end else { return nil }
            let now = max(time, CronTicks.begin).microsecondsSince1970
            let next = anchor + ((now - anchor).dividedDown(by: interval) + 1) * interval
            return Timestamp(microsecondsSince1970: next)
        }
    }

    /// The last tick that is not later.
    ///
    /// - Returns: nil before the year 1.
    public func last(atOrBefore time: Timestamp, in timeZone: TimeZone) -> Timestamp? {
        let now = min(time, CronTicks.end)
        guard now >= CronTicks.begin else { return nil }
        if case .every(let interval, let anchor) = kind {
            let passed = (now.microsecondsSince1970 - anchor).dividedDown(by: interval)
            return Timestamp(microsecondsSince1970: anchor + passed * interval)
        }
        // Further and further back, until one is found; those between are few.
        var reach = Duration.seconds(3600)
        while true {
            let start = now - reach
            var found = next(after: start, in: timeZone).flatMap { $0 <= now ? $0 : nil }
            if found != nil {
                while let tick = found, let next = next(after: tick, in: timeZone), next <= now { found = next }
                return found
            }
            guard start > CronTicks.begin else { return nil }
            reach *= 2
        }
    }

    /// `5 0 * * *`, `every 900 s from 1970-01-01T00:00:00.000Z`.
    public var description: String {
        switch kind {
        case .cron(let expression): return expression.description
        case .every(let interval, let anchor):
            let rest = interval % 1_000_000 / 1000
            let seconds = "\(interval / 1_000_000)" + (rest == 0 ? "" : "." + "\(rest + 1000)".dropFirst())
            return "every \(seconds) s from \(Timestamp(microsecondsSince1970: anchor))"
        }
    }
}

extension Timestamp {
    fileprivate static func - (time: Timestamp, duration: Duration) -> Timestamp { time + (.zero - duration) }
}
