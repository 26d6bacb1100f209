import PageKit
import Postgres
import ServiceKit

/// Days and states as the pages write them.
extension CalendarDate {
    /// `Friday 28 November`; with the year where it is not today's.
    func heading(on today: CalendarDate) -> String { year == today.year ? Self.without(year, longText) : longText }

    /// `28 November`; with the year where it is not today's.
    func words(on today: CalendarDate) -> String { year == today.year ? Self.without(year, text) : text }

    private static func without(_ year: Int, _ text: String) -> String { String(text.dropLast(" \(year)".count)) }

    /// Some days in a row of words: `26 and 27 November`, `30 October and 2 November`.
    static func words(_ days: [CalendarDate], on today: CalendarDate) -> String {
        guard days.count <= 6, let last = days.last else {
            return "\(days.count) days from \(days[0].words(on: today)) to \(days[days.count - 1].words(on: today))"
        }
        let texts = days.enumerated().map { index, day in
            // The month is said once, with the last of its days.
            let isLastOfMonth = day == last || (days[index + 1].month, days[index + 1].year) != (day.month, day.year)
            return isLastOfMonth ? day.words(on: today) : "\(day.day)"
        }
        return texts.count == 1 ? texts[0] : "\(texts.dropLast().joined(separator: ", ")) and \(texts[texts.count - 1])"
    }
}

extension DayState {
    /// As people say it.
    var words: String {
        switch self {
        case .open: "open"
        case .due: "to be paid"
        case .paying: "being paid"
        case .closed: "closed"
        }
    }
}

/// Numbers of people as sentences have them.
enum People {
    /// `1 person`, `412 people`
    static func count(_ number: Int64) -> String { "\(NumberText.count(number)) \(number == 1 ? "person" : "people")" }

    /// `1 person gets`, `412 people get`
    static func get(_ number: Int64) -> String { "\(count(number)) \(number == 1 ? "gets" : "get")" }
}
