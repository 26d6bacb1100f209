import HTTPTypes
import Hummingbird
import PageKit
import Postgres
import ServiceKit

extension CalendarDate {
    /// The day in a table's row; the present one may still change.
    func rowName(today: CalendarDate) -> HTML {
        self == today ? "\(briefText) \(Badge("so far", .info))" : "\(briefText)"
    }
}

extension ClosedRange<CalendarDate> {
    /// Each of them, as a stretch of its own.
    var each: [ClosedRange<CalendarDate>] {
        (lowerBound.daysSince1970...upperBound.daysSince1970).map { number in
            let day = CalendarDate(daysSince1970: number)
            return day...day
        }
    }

    /// `1 to 31 December 2026`; what both ends share is said once.
    var text: String {
        if lowerBound == upperBound { return lowerBound.longText }
        if lowerBound.year != upperBound.year { return "\(lowerBound.text) to \(upperBound.text)" }
        let first =
            lowerBound.month == upperBound.month
            ? "\(lowerBound.day)" : lowerBound.text.split(separator: " ").prefix(2).joined(separator: " ")
        return "\(first) to \(upperBound.text)"
    }

    /// Where fresh values of a page of these days come from.
    ///
    /// - Parameter today: The present day, as long as the page is open.
    func stream(_ name: String, today: CalendarDate) -> LinkTarget? {
        LinkTarget(
            ["live", name],
            query: [("from", "\(lowerBound)"), ("to", "\(upperBound)"), ("today", "\(today)")]
        )
    }
}

extension Visit {
    /// The present day when the page of a stream was made.
    var today: CalendarDate {
        get throws {
            guard let today = field("today").flatMap({ CalendarDate($0) }) else {
                throw HTTPError(.badRequest, message: "This address lacks its day.")
            }
            return today
        }
    }
}

extension Set<AnalyticsKey> {
    /// For a stream.
    var live: Set<LiveKey> { Set<LiveKey>(map(\.live)) }
}
