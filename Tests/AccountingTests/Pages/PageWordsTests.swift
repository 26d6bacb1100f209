import Foundation
import HTTPTesting
import PageKit
import Perch
import PopugEvents
import Postgres
import ServiceKit
import Testing

@testable import Accounting

@Suite("words of accounting's pages") struct PageWordsTests {
    @Test func daysAreWrittenWithTheYearWhereItIsNotThisOne() {
        let day: CalendarDate = "2026-11-28"
        #expect(day.heading(on: "2026-12-01") == "Saturday 28 November")
        #expect(day.heading(on: "2027-01-01") == "Saturday 28 November 2026")
        func words(_ days: [CalendarDate]) -> String { CalendarDate.words(days, on: "2026-12-01") }
        #expect(words(["2026-11-26"]) == "26 November")
        #expect(words(["2026-11-26", "2026-11-27"]) == "26 and 27 November")
        #expect(words(["2026-10-30", "2026-10-31", "2026-11-02"]) == "30, 31 October and 2 November")
        #expect(words(["2025-12-31", "2026-11-02"]) == "31 December 2025 and 2 November")
        let many = (0..<12).map { CalendarDate(daysSince1970: day.daysSince1970 - 12 + $0) }
        #expect(words(many) == "12 days from 16 November to 27 November")
    }

    @Test func aCloseIsToldInTheSentencesOfTheContract() {
        func payments(_ day: CalendarDate, _ people: Int64, _ cents: Int64) -> DayPayments {
            DayPayments(day: day, people: people, total: Money(cents: cents))
        }
        let view = CloseDayView(
            preview: PayDayPreview(
                payments: payments("2026-11-28", 412, 1_823_055),
                earlier: [payments("2026-11-26", 1, 2010), payments("2026-11-27", 2, 4100)],
                belowZero: 37,
                nextDay: "2026-11-29",
                today: "2026-11-29",
                lastClosed: "2026-11-25",
                closed: nil
            ),
            zone: "Europe/Berlin"
        )
        #expect(
            view.sentence
                == """
                Close Saturday 28 November (Europe/Berlin): 412 people get 18,230.55. 37 below zero carry over. Also 26 \
                and 27 November, which are still open: 3 people, 61.10. What comes later counts to 29 November.
                """
        )
        #expect(view.body(token: "t").html.text.contains("Pay 415 people"))
        #expect(view.notices.isEmpty)
    }

    @Test func aKeyOfALiveValueIsReadAsItIsWritten() throws {
        let (user, ticket) = (UUID.v7(), UUID.v7())
        let day: CalendarDate = "2026-11-28"
        let keys: [AccountingKey] = [
            .balance(user), .today(user), .wage(user), .carries(user), .sum(user, day), .reward(user, ticket: ticket),
            .management(.earned, besides: Money(cents: -12)), .management(.rewards, besides: Money(cents: 0)),
            .paid(day, of: 415), .paidWords(day, of: 415), .closing(day),
        ]
        #expect(Set(keys.map(\.live)).count == keys.count)
        for key in keys { #expect(AccountingKey(key.live) == key) }
        for text in [
            "", "/", "balance", "balance/x", "balance/\(user)/x", "sum/\(user)/x", "paid/2026-11-28/-1",
            "management/x/1",
        ] {
            #expect(AccountingKey(LiveKey(text)) == nil, "\(text)")
        }
    }

    @Test func aPayoutHasStoppedWhereNobodyWasPaidForAWhileAndNobodyHerePays() {
        func soFar(_ isDone: Bool) -> PaidSoFar {
            PaidSoFar(
                closedAt: "2026-11-28T00:05:00.000Z",
                lastStep: "2026-11-28T00:05:10.000Z",
                people: 1,
                total: Money(cents: 4820),
                isDone: isDone
            )
        }
        let (soon, late): (Timestamp, Timestamp) = ("2026-11-28T00:05:25.000Z", "2026-11-28T00:08:10.000Z")
        #expect(
            DayPage.words(soFar(false), isPaying: false, at: soon).hasPrefix(
                "So far 1 person got 48.20. Paying goes on"
            )
        )
        #expect(DayPage.words(soFar(false), isPaying: true, at: late).contains("Paying goes on"))
        #expect(DayPage.words(soFar(false), isPaying: false, at: late).contains("Nobody was paid for 3 min"))
        #expect(DayPage.words(soFar(true), isPaying: false, at: late).hasPrefix("All are paid: 1 person got 48.20."))
    }
}
