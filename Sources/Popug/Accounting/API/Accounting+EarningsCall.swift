import PopugEvents
import Postgres
import ServiceKit

extension Accounting {
    /// The most days of one answer: a year.
    private static let longestRange = 366
    private static let earliest = CalendarDate(year: 0, month: 1, day: 1)

    /// Every day of the range, also those on which nothing happened.
    static func earnings(_ books: Books, _ database: Database) -> APICall {
        let from = Parameter<CalendarDate>.query("from", "The first day. Default: 29 days before the last.")
        let to = Parameter<CalendarDate>.query("to", "The last day. Default: today.")
        return APICall(
            .get,
            "/v1/management/earnings",
            "What management earned on each day of a range, by the time of the events; at most \(longestRange) days.",
            access: .roles(.accountant, .admin),
            parameters: [from.description, to.description],
            answer: .json(
                .object("Earnings", [.required("items", .array(DayEarnings.schema))]),
                "Each day, the earliest first."
            )
        ) { request in
            let given = try request[to]
            let last = if let given { given } else { try await books.today(in: database) }
            // Days are written with four digits of the year: the default does not lead out of them.
            let month = CalendarDate(daysSince1970: max(last.daysSince1970 - 29, earliest?.daysSince1970 ?? 0))
            let first = try request[from] ?? month
            guard first <= last else { throw Problem.invalid("to", "expected a day that is not before from") }
            guard last.daysSince1970 - first.daysSince1970 < longestRange else {
                throw Problem.invalid("to", "expected at most \(longestRange) days")
            }
            return try .json(["items": await books.earnings(from: first, to: last, in: database)])
        }
    }
}
