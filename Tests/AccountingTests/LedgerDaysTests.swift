import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit
import Testing

@testable import Accounting

@Suite struct LedgerDaysTests {
    private func books(_ office: OfficeFixture) -> Books {
        let clock = office.clock
        return Books(timeZone: office.timeZone) { clock.now }
    }

    @Test(arguments: Delivering.allCases) func aLedgerIsToldByBusinessDaysWithTheirSumsAndStates(_ mode: Delivering)
        async throws
    {
        let office = try OfficeFixture(mode)
        let (ann, bob) = (try office.hire("Ann"), try office.hire("Bob"))
        let (gain, cost) = (OfficeFixture.gain, OfficeFixture.commission)
        try office.earn(ann, at: "2026-11-18T09:00:00.000Z")
        try office.takeTicket(ann, at: "2026-11-19T09:00:00.000Z")
        try await office.closeDay("2026-11-20")
        // Late: of a closed day, so it counts to the next one.
        try office.earn(ann, at: "2026-11-19T10:00:00.000Z")
        try office.earn(ann, at: "2026-11-22T09:00:00.000Z")
        let database = try office.accounting.database
        let books = books(office)
        let page = try #require(try await books.ledger(of: ann, in: database))
        #expect(page.items.map(\.day) == ["2026-11-22", "2026-11-21", "2026-11-19", "2026-11-18"])
        #expect(page.items.map(\.state) == [.open, .due, .closed, .closed])
        #expect(page.items.map(\.earned.cents) == [gain, gain, -cost, gain])
        #expect(page.items.map(\.paid.cents) == [0, 0, 0, gain])
        #expect(page.items.map(\.count) == [2, 2, 1, 3])
        let all = try #require(try await books.entries(of: ann, limit: 100, in: database))
        #expect(Set(page.items.flatMap(\.entries)) == Set(all))
        for day in page.items {
            #expect(day.entries == (try await books.entries(of: ann, day: day.day, limit: 100, in: database)))
        }
        #expect(page.next == nil && page.previous == nil)

        let newest = try #require(try await books.ledger(of: ann, entries: 1, in: database)).items
        #expect(newest.map(\.entries.count) == [1, 1, 1, 1] && newest.map(\.count) == [2, 2, 1, 3])
        #expect(newest.map(\.entries.first) == page.items.map(\.entries.first))

        #expect(try await books.ledger(of: bob, in: database)?.items == [])
        #expect(try await books.ledger(of: .v7(), in: database) == nil)
        try office.finish()
        await database.close()
    }

    @Test func aPageHasFourteenDaysAndGoesThereAndBack() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire("Ann")
        let first: CalendarDate = "2026-09-01"
        // Every second day: a page counts those with entries.
        for number in 0..<30 {
            let day = CalendarDate(daysSince1970: first.daysSince1970 + 2 * number)
            try office.takeTicket(ann, at: try #require(Timestamp("\(day)T12:00:00.000Z")))
        }
        let database = try office.accounting.database
        let books = books(office)
        var pages: [[CalendarDate]] = []
        var place: ListPlace<CalendarDate>? = .start
        var back: ListPlace<CalendarDate>?
        while let here = place {
            let page = try #require(try await books.ledger(of: ann, at: here, in: database))
            pages.append(page.items.map(\.day))
            (place, back) = (page.next, page.previous)
        }
        #expect(pages.map(\.count) == [14, 14, 2])
        #expect(pages.flatMap { $0 } == pages.flatMap { $0 }.sorted(by: >))
        var returned: [[CalendarDate]] = []
        while let here = back {
            let page = try #require(try await books.ledger(of: ann, at: here, in: database))
            returned.append(page.items.map(\.day))
            back = page.previous
        }
        #expect(returned == [pages[1], pages[0]])
        await database.close()
    }

    @Test(arguments: Delivering.allCases) func theRewardOfATicketIsThereOnceItsCloseHasCome(_ mode: Delivering)
        async throws
    {
        let office = try OfficeFixture(mode)
        let (ann, bob) = (try office.hire("Ann"), try office.hire("Bob"))
        let ticket = try office.takeTicket(ann, at: "2026-11-22T09:00:00.000Z")
        let database = try office.accounting.database
        let books = books(office)
        #expect(try await books.reward(of: ticket, to: ann, in: database) == nil)
        try office.close(ticket, at: "2026-11-22T10:00:00.000Z")
        try office.earn(ann, at: "2026-11-22T11:00:00.000Z")
        let reward = try #require(try await books.reward(of: ticket, to: ann, in: database))
        #expect(reward.ticketID == ticket && reward.kind == .reward && reward.amount.cents == OfficeFixture.reward)
        #expect(try await books.reward(of: ticket, to: bob, in: database) == nil)
        #expect(try await books.reward(of: .v7(), to: ann, in: database) == nil)
        try office.finish()
        await database.close()
    }

    @Test(arguments: Delivering.allCases) func anAccountAtAGlanceHasTheLastWage(_ mode: Delivering) async throws {
        let office = try OfficeFixture(mode)
        let ann = try office.hire("Ann")
        let database = try office.accounting.database
        let books = books(office)
        #expect(try await books.overview(of: ann, in: database)?.lastWage == nil)
        try office.earn(ann, at: "2026-11-20T09:00:00.000Z")
        try await office.closeDay("2026-11-20")
        try office.earn(ann, at: "2026-11-21T09:00:00.000Z")
        try office.earn(ann, at: "2026-11-21T09:00:00.000Z")
        try await office.closeDay("2026-11-21")
        try office.takeTicket(ann, at: "2026-11-22T09:00:00.000Z")
        let overview = try #require(try await books.overview(of: ann, in: database))
        #expect(overview.account.name == "Ann" && overview.account.balance.cents == -OfficeFixture.commission)
        #expect(overview.earnedToday.cents == -OfficeFixture.commission)
        #expect(overview.lastWage?.amount.cents == -2 * OfficeFixture.gain)
        #expect(try await books.overview(of: .v7(), in: database) == nil)
        try office.finish()
        await database.close()
    }

    @Test(arguments: Delivering.allCases) func newsAreTheEntriesSinceTheLastKnownOfTheAccountsThatHaveChanged(
        _ mode: Delivering
    ) async throws {
        let office = try OfficeFixture(mode)
        let (ann, bob, eve) = (try office.hire("Ann"), try office.hire("Bob"), try office.hire("Eve"))
        try office.earn(ann, at: "2026-11-21T09:00:00.000Z")
        try office.takeTicket(bob, at: "2026-11-22T09:00:00.000Z")
        let database = try office.accounting.database
        let books = books(office)
        #expect(try await books.news(since: [:], in: database).isEmpty)
        var seen: [UUID: Int64] = [ann: 0, bob: 0, eve: 0]
        let first = try await books.news(since: seen, in: database)
        #expect(Set(first.map(\.statement.userID)) == [ann, bob])
        for news in first {
            let user = news.statement.userID
            #expect(news.statement == (try await books.statement(of: user, in: database)))
            #expect(news.entries.map(\.entry) == (try await books.entries(of: user, limit: 9, in: database)))
            seen[user] = news.entries.first?.entry.entryID
        }
        #expect(try await books.news(since: seen, in: database).isEmpty)
        let ticket = try office.takeTicket(bob, at: "2026-11-22T10:00:00.000Z")
        try office.close(ticket, at: "2026-11-22T11:00:00.000Z")
        let second = try await books.news(since: seen, in: database)
        #expect(second.map(\.statement.userID) == [bob])
        #expect(second.first?.entries.map(\.day) == ["2026-11-22", "2026-11-22"])
        #expect(second.first?.entries.map(\.entry.kind) == [.reward, .commission])
        #expect(try await books.news(since: seen, limit: 1, in: database).first?.entries.map(\.entry.kind) == [.reward])
        try office.finish()
        await database.close()
    }

    @Test func whatManagementEarnedIsSummedOverTheDays() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire("Ann")
        try office.earn(ann, at: "2026-11-20T09:00:00.000Z")
        try office.takeTicket(ann, at: "2026-11-22T09:00:00.000Z")
        let database = try office.accounting.database
        let report = try await books(office).report(from: "2026-11-20", to: "2026-11-22", in: database)
        #expect(report.days.map(\.earned.cents) == [-OfficeFixture.gain, 0, OfficeFixture.commission])
        #expect(report.commissions.cents == 2 * OfficeFixture.commission)
        #expect(report.rewards.cents == OfficeFixture.reward)
        #expect(report.earned.cents == OfficeFixture.commission - OfficeFixture.gain)
        #expect(report.today == "2026-11-22")
        #expect([Money(cents: .max), Money(cents: 1)].sum == Money(cents: .max))
        #expect([Money(cents: .min), Money(cents: -1)].sum == Money(cents: .min))
        await database.close()
    }
}
