import Foundation
import PageKit
import Perch
import Postgres
import Testing

@testable import Tracker

@Suite struct PageWordsTests {
    @Test func timesAreToldToTheMinuteWithTheDayWhereItIsAnotherOne() throws {
        let now = try #require(Timestamp("2026-11-28T15:00:00.000Z"))
        let (today, before) = (try #require(Timestamp("2026-11-28T14:02:59.000Z")), now + .seconds(-86_400))
        let (utc, berlin) = (PageClock(now: now), PageClock(now: now, zoneName: "Europe/Berlin"))
        #expect(PageWords.closedAlready(at: today, utc) == "It was closed at 14:02 UTC already")
        #expect(PageWords.closedAlready(at: today, berlin) == "It was closed at 15:02 already")
        #expect(PageWords.closedAlready(at: before, berlin) == "It was closed on 27 Nov 2026, 16:00 already")
    }

    @Test func longTitlesAreCut() {
        #expect(PageWords.quoted(String(repeating: "x", count: 80)) == "“\(String(repeating: "x", count: 80))”")
        #expect(PageWords.quoted(String(repeating: "x", count: 81)) == "“\(String(repeating: "x", count: 79))…”")
    }

    @Test func durationsAreToldInTenthsOfASecond() {
        #expect(PageWords.done(12_304, in: .milliseconds(4_149)) == "12,304 tickets in 4.1 s")
        #expect(PageWords.done(1, in: .zero) == "1 ticket in 0.1 s")
        #expect(PageWords.done(2, in: .seconds(7_200)) == "2 tickets in 2 h")
    }

    @Test func eachKeyOfAnOpenPageIsReadAsItWasWritten() {
        let (id, user) = (UUID.v7(), UUID.v7())
        let keys: [TrackerKey] = [
            .status(id), .assignee(id), .assigned(id), .closed(id), .fate(id, of: user), .open(user), .state(id),
            .drawn(id), .drawnWords(id),
        ]
        #expect(Set(keys.map(\.live)).count == keys.count)
        for key in keys { #expect(TrackerKey(key.live) == key) }
        for text in ["", "tickets", "tickets/x/status", "tickets/\(id.text)/other", "people/\(id.text)/status"] {
            #expect(TrackerKey(LiveKey(text)) == nil)
        }
    }
}
