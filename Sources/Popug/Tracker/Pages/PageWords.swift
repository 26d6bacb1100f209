import Foundation
import PageKit
import Postgres

/// Sentences of the pages, made of values alone.
enum PageWords {
    /// `1 ticket`, `12,304 tickets`
    static func count(_ number: Int, _ noun: String) -> String {
        "\(NumberText.count(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// `Ben's`
    static func owner(_ name: String) -> String { "\(name)'s" }

    /// A title in a list, cut where it is long: its page has all of it.
    static func shortened(_ title: String, to length: Int = 160) -> String {
        title.count > length ? title.prefix(length - 1).trimmingCharacters(in: .whitespaces) + "…" : title
    }

    /// A title within a sentence.
    static func quoted(_ title: String) -> String { "“\(shortened(title, to: 80))”" }

    /// `It was closed at 14:02 already`
    static func closedAlready(at time: Timestamp, _ clock: PageClock) -> String {
        "It was closed \(clock.at(time)) already"
    }

    /// `It is Ben's since 14:01: only they can close it`; another one where it is closed.
    static func notYours(_ shown: ShownTicket, _ clock: PageClock) -> String {
        let owner = owner(shown.assigneeName)
        if let closedAt = shown.ticket.closedAt { return "It was \(owner), and was closed \(clock.at(closedAt))" }
        let since = shown.assignedAt.map { " since \(clock.moment($0))" } ?? ""
        return "It is \(owner)\(since): only they can close it"
    }

    /// What a reassignment has done: `12,304 tickets in 4.1 s`
    static func done(_ tickets: Int, in duration: Duration) -> String {
        let tenths = max(1, (duration / .milliseconds(100)).rounded())
        let text = tenths < 36_000 ? String(format: "%.1f s", tenths / 10) : PageClock.words(duration)
        return "\(count(tickets, "ticket")) in \(text)"
    }
}

extension PageClock {
    /// To the minute: `14:02`, `28 Nov 2026, 14:02`; with the zone where the viewer's is not known.
    func moment(_ time: Timestamp) -> String {
        let minute = timeOfDay(time).prefix(5) + (zoneText(at: time) == "UTC" ? " UTC" : "")
        return day(time) == day(now) ? String(minute) : "\(day(time)), \(minute)"
    }

    /// `at 14:02`, `on 28 Nov 2026, 14:02`
    func at(_ time: Timestamp) -> String { "\(day(time) == day(now) ? "at" : "on") \(moment(time))" }
}
