import Postgres
import ServiceKit

/// The parameters `from` and `to`: which days, both included.
enum DayRange {
    /// The most days of an answer.
    static let longest = 366
    /// How many days are told where `from` is not given.
    static let usual = 30

    static let from = Parameter<CalendarDate>.query("from", "The first day. Default: 29 days before the last.")
    static let to = Parameter<CalendarDate>.query("to", "The last day, at most 365 after the first. Default: today.")
    static let parameters = [from.description, to.description]

    /// - Throws: `Problem` where there is no such range.
    static func read(
        _ request: APIRequest,
        _ reports: Reports,
        _ database: Database
    ) async throws -> ClosedRange<CalendarDate> {
        let last: CalendarDate
        if let given = try request[to] { last = given } else { last = try await reports.today(in: database) }
        // Days are written with four digits of the year: the default does not lead out of them.
        let earliest = CalendarDate(year: 0, month: 1, day: 1)?.daysSince1970 ?? 0
        let standard = CalendarDate(daysSince1970: max(last.daysSince1970 - (usual - 1), earliest))
        let first = try request[from] ?? standard
        guard first <= last else { throw Problem.invalid("to", "expected a day that is not before from") }
        guard last.daysSince1970 - first.daysSince1970 < longest else {
            throw Problem.invalid("to", "expected at most \(longest) days from from to to")
        }
        return first...last
    }
}
