import Foundation
import PageKit
import Perch
import PerchOperating
import Times

/// Places and times as people type them, in their own zone.
enum PlaceText {
    static let expectation = "beginning, an entry id, a time such as 2026-11-22 18:30, or how long ago, such as 15m"

    /// Nil where it is none.
    static func place(_ text: String, _ clock: PageClock) -> StreamPlace? {
        let text = text.trimmingCharacters(in: .whitespaces)
        // A day and a time without a zone are of the viewer's, also where the library would take them for UTC.
        if let time = local(text, clock) { return .time(time) }
        return StreamPlace(text, now: clock.now)
    }

    /// As a form sends it back: what it names stays the same, whenever that is.
    static func fixed(_ place: StreamPlace) -> String {
        switch place {
        case .beginning: "beginning"
        case .end: "end"
        case .entry(let id): "\(id)"
        case .time(let time): time.description
        }
    }

    /// For people.
    static func words(_ place: StreamPlace, _ clock: PageClock) -> String {
        switch place {
        case .beginning: "the beginning"
        case .end: "the end"
        case .entry(let id): "entry \(id)"
        case .time(let time):
            clock.zone == .gmt ? clock.exact(time) : "\(clock.exact(time)) (\(time.description))"
        }
    }

    private static func local(_ text: String, _ clock: PageClock) -> Timestamp? {
        let parts = text.split(whereSeparator: { $0 == " " || $0 == "T" })
        guard (1...2).contains(parts.count), let day = numbers(parts[0], "-", 3...3) else { return nil }
        let time = parts.count == 2 ? numbers(parts[1], ":", 2...3) : [0, 0, 0]
        guard let time, (1970...9999).contains(day[0]) else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = clock.zone
        let wanted = DateComponents(
            year: day[0],
            month: day[1],
            day: day[2],
            hour: time[0],
            minute: time[1],
            second: time.count == 3 ? time[2] : 0
        )
        guard wanted.isValidDate(in: calendar), let date = calendar.date(from: wanted) else { return nil }
        return Timestamp(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }

    private static func numbers(_ text: Substring, _ separator: Character, _ count: ClosedRange<Int>) -> [Int]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in
            part.utf8.count <= 4 && part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil
        }
        return numbers.count == parts.count && count.contains(numbers.count) ? numbers : nil
    }
}
