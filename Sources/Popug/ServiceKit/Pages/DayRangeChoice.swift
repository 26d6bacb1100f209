package import PageKit
package import Postgres

/// The fields `from` and `to` of a page: which days it shows, both included. What cannot be shown is told beside its field, and what was
/// typed is kept.
package struct DayRangeChoice: Sendable {
    /// The most days of a page.
    package static let longest = 366

    /// The days; where what was typed names none, those that are shown without it.
    package let days: ClosedRange<CalendarDate>
    /// For the page's filter.
    package let fields: [FormField]

    /// - Parameters:
    ///   - today: The last day where nothing is typed.
    ///   - usual: How many days are shown where nothing is typed. Default 30.
    package init(_ visit: Visit, today: CalendarDate, usual: Int = 30) {
        let (from, to) = (visit.field("from"), visit.field("to"))
        let last = to.flatMap { CalendarDate($0) }
        let end = last ?? today
        let first = from.flatMap { CalendarDate($0) } ?? Self.day(usual - 1, before: end)
        var (fromError, toError): (String?, String?)
        if let from, CalendarDate(from) == nil { fromError = "Expected a day such as 2026-11-28" }
        if to != nil, last == nil { toError = "Expected a day such as 2026-11-28" }
        if fromError == nil, toError == nil {
            if first > end { toError = "Expected a day that is not before the first" }
            if end.daysSince1970 - first.daysSince1970 >= Self.longest {
                toError = "Expected \(Self.longest) days at most"
            }
        }
        let isRight = fromError == nil && toError == nil
        days = isRight ? first...end : Self.day(usual - 1, before: today)...today
        fields = [
            FormField("from", "From", .date, value: from ?? "\(days.lowerBound)", error: fromError),
            FormField("to", "To", .date, value: to ?? "\(days.upperBound)", error: toError),
        ]
    }

    /// Days are written with four digits of the year: none of them is before the first that is.
    private static func day(_ count: Int, before day: CalendarDate) -> CalendarDate {
        let earliest = CalendarDate(year: 0, month: 1, day: 1)?.daysSince1970 ?? 0
        return CalendarDate(daysSince1970: min(day.daysSince1970, max(day.daysSince1970 - count, earliest)))
    }

    /// What is wrong with the fields; nothing where they are right.
    package var errors: ErrorSummary { ErrorSummary(of: fields) }
}
