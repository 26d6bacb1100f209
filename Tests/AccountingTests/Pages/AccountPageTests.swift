import Foundation
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Accounting

@Suite("an account's page") struct AccountPageTests {
    @Test func anEmptyOneSaysWhatBringsTheFirstEntry() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire("Ann")
        try await office.serving { process in
            // Also of somebody whom accounting has not heard of yet.
            for id in [ann, .v7()] {
                let page = try await process.visitor(.employee, id: id).get("/account")
                #expect(page.status == 200)
                #expect(page.said.contains("Balance 0.00") && page.said.contains("Today 0.00"))
                #expect(page.said.contains("There was none yet"))
                #expect(page.sections == ["Sunday 22 November · open"])
                #expect(page.said.contains("Nothing yet: your first ticket brings it."))
            }
            let manager = try await process.visitor(.manager).get("/account")
            #expect(manager.said.contains("tickets go to employees, and you are manager."))
        }
    }

    @Test func theLedgerIsToldByDaysWithStatesSumsAndWages() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire("Ann")
        try office.earn(ann, at: "2026-11-18T09:00:00.000Z")
        try office.takeTicket(ann, at: "2026-11-19T09:00:00.000Z")
        try await office.closeDay("2026-11-20")
        try office.earn(ann, at: "2026-11-21T09:00:00.000Z")
        let ticket = try office.takeTicket(ann, at: "2026-11-22T09:00:05.000Z", title: "Paint the perch")
        try office.takeTicket(ann, at: "2025-12-24T09:00:00.000Z")
        try await office.serving { process in
            let page = try await process.visitor(.employee, id: ann).get("/account")
            #expect(
                page.sections == [
                    "Sunday 22 November · open", "Saturday 21 November · to be paid", "Thursday 19 November · closed",
                    "Wednesday 18 November · closed · paid 25.00",
                ]
            )
            // An entry that came late has the date of its event.
            #expect(page.said.contains("24 Dec 2025, 09:00:00 Mend the coop commission −15.00"))
            #expect(page.said.contains("09:00:05 Paint the perch commission −15.00"))
            #expect(page.said.contains("Balance −20.00 −20.00 carries over to the next day"))
            #expect(page.said.contains("Today −15.00") && page.said.contains("Last wage 25.00"))
            #expect(page.said.contains("Earned −15.00"))
            #expect(page.link("Paint the perch") == "http://127.0.0.1:8082/tickets/\(ticket.text)")
            #expect(
                page.words.hasPrefix("My account · popug") || page.body.contains("<title>My account · popug</title>")
            )
        }
    }

    @Test func daysAreThoseOfPayDayAndThePageSaysSo() async throws {
        let office = try OfficeFixture(.once, timeZone: "Europe/Berlin")
        let ann = try office.hire("Ann")
        try office.takeTicket(ann, at: "2026-11-21T23:30:00.000Z")
        try await office.serving { process in
            let visitor = try await process.visitor(.employee, id: ann)
            let page = try await visitor.get("/account")
            #expect(page.sections == ["Sunday 22 November · open"])
            #expect(page.said.contains("Days begin and end in Europe/Berlin; times of day are those of UTC."))
            #expect(page.said.contains("21 Nov 2026, 23:30:00"))
            let local = try await visitor.at(process.served).get("/account", ["Cookie: tz=Europe%2FBerlin"])
            #expect(!local.said.contains("Days begin and end") && local.said.contains("00:30:00 Mend the coop"))
        }
    }

    @Test func aPageHasFourteenDaysAndTheDaysBesideThemAreAClickAway() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire("Ann")
        for day in 1...20 {
            let text = "2026-11-\(day < 10 ? "0" : "")\(day)T12:00:00.000Z"
            try office.takeTicket(ann, at: try #require(Timestamp(text)))
        }
        try await office.serving { process in
            let visitor = try await process.visitor(.employee, id: ann)
            let first = try await visitor.get("/account")
            // Today's is there without entries, for those that come.
            #expect(first.sections.count == 15 && first.link("← Newer") == nil)
            let second = try await visitor.get(try #require(first.link("Older →")))
            #expect(second.sections.count == 6 && second.sections.first == "Friday 6 November · to be paid")
            #expect(second.link("Older →") == nil)
            let back = try await visitor.get(try #require(second.link("← Newer")))
            #expect(back.sections == Array(first.sections.dropFirst()))
            let from = try await visitor.get("/account?day=2026-11-03")
            #expect(from.sections.map { $0.prefix(11) } == ["Tuesday 3 N", "Monday 2 No", "Sunday 1 No"])
            #expect(from.body.contains("value=\"2026-11-03\""))
            for path in ["/account?day=yesterday", "/account?since=1", "/account?expect=1", "/account?dya=2026-11-03"] {
                #expect(try await visitor.get(path).status == 400, "\(path)")
            }
        }
    }

    @Test func allEntriesOfALongDayAreOnPagesOfTheirOwn() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire("Ann")
        for number in 1...120 { try office.takeTicket(ann, at: "2026-11-22T09:00:00.000Z", title: "No. \(number).") }
        try await office.serving { process in
            let visitor = try await process.visitor(.employee, id: ann)
            let page = try await visitor.get("/account")
            #expect(page.said.contains("The last 50 of 120 entries."))
            #expect(page.said.contains("No. 71.") && !page.said.contains("No. 70."))
            var day = try await visitor.get("/account/days/2026-11-22")
            var found = 0
            for range in [71...120, 21...70, 1...20] {
                for number in range { #expect(day.said.contains("No. \(number). "), "\(number)") }
                found += range.count
                guard let older = day.link("Older →") else { break }
                day = try await visitor.get(older)
            }
            #expect(found == 120)
            #expect(try await visitor.get("/account/days/2026-11-21").said.contains("There are none."))
            #expect(try await visitor.get("/account/days/2026-11-31").status == 404)
            #expect(try await visitor.get("/account/days/2026-11-22?before=x").status == 400)
        }
    }

    @Test func whatStrangersWroteIsTextOnly() async throws {
        let office = try OfficeFixture(.once)
        let hostile = [
            "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{balance}}", "\u{202E}evil",
            String(repeating: "x", count: 500),
        ]
        let ann = try office.hire("<b>Ann</b> \u{202E}")
        for title in hostile { try office.takeTicket(ann, at: "2026-11-22T09:00:00.000Z", title: title) }
        try await office.serving { process in
            let own = try await process.visitor(.employee, id: ann, name: "<i>Ann</i>").get("/account")
            let admin = try await process.visitor(.admin)
            let list = try await admin.get("/accounts?search=%3Cb%3E")
            for page in [own, try await admin.get("/accounts/\(ann.text)"), list] {
                #expect(page.status == 200)
                for markup in ["<script>alert", "<img", "<b>", "<i>", "\u{202E}"] {
                    #expect(!page.body.contains(markup), "\(markup)")
                }
            }
            #expect(own.said.contains(hostile[0]) && own.said.contains("{{balance}}") && own.said.contains(hostile[4]))
            #expect(list.said.contains("<b>Ann</b>"))
        }
    }

    @Test func accountantsSeeTheAccountsOfOthersByTheirNames() async throws {
        let office = try OfficeFixture(.once)
        let ben = try office.hire("Ben")
        try office.earn(ben, at: "2026-11-22T09:00:00.000Z")
        try await office.serving { process in
            let accountant = try await process.visitor(.accountant)
            let page = try await accountant.get("/accounts/\(ben.text)")
            #expect(page.said.contains("Ben's account") && page.said.contains("Balance 25.00"))
            let day = try await accountant.get("/accounts/\(ben.text)/days/2026-11-22")
            #expect(day.said.contains("Ben's account, Sunday 22 November"))
            for path in ["/accounts/\(UUID.v7().text)", "/accounts/ben"] {
                let missing = try await accountant.get(path)
                #expect(missing.status == 404 && missing.link("Look for an account") == "/accounts")
            }
        }
    }

    @Test func theRewardOfATicketIsWaitedForAndElseSaidToCome() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire("Ann")
        let ticket = try office.takeTicket(ann, at: "2026-11-22T09:00:00.000Z")
        let path = "/account?expect=\(ticket.text)"
        try await office.serving(patience: .zero) { process in
            let page = try await process.visitor(.employee, id: ann).get(path)
            #expect(page.said.contains("The reward of this ticket has not come yet; it appears here."))
        }
        // It comes while the page waits for it, however long that is.
        try await office.serving(patience: .seconds(3600)) { process in
            let visitor = try await process.visitor(.employee, id: ann)
            async let waiting = visitor.get(path)
            try office.close(ticket, at: "2026-11-22T10:00:00.000Z")
            let page = try await waiting
            #expect(page.said.contains("The reward of “Mend the coop” has come: 40.00."))
            #expect(page.said.contains("Balance 25.00") && page.said.contains("Mend the coop reward 40.00"))
            // It is nobody else's.
            #expect(try await process.pages.books.reward(of: ticket, to: .v7(), in: process.pages.database) == nil)
        }
    }
}
