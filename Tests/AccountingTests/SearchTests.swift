import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit
import Testing

@testable import Accounting

@Suite struct SearchTests {
    private func books(_ office: OfficeFixture) -> Books {
        let clock = office.clock
        return Books(timeZone: office.timeZone) { clock.now }
    }

    private func names(_ found: FoundAccounts) -> [String] { found.page.items.map(\.account.name) }

    @Test func accountsAreFoundByNameAndIDInTheOrderOfTheirNames() async throws {
        let office = try OfficeFixture(.once)
        let ids = try ["eve", "Ann", "Бен_1", "ann marie"].map { try office.hire($0) }
        let unnamed = try office.hire(email: nil)
        let database = try office.accounting.database
        let books = books(office)
        func found(_ text: String) async throws -> [String] {
            names(try await books.search(AccountSearch(text: text), in: database))
        }
        #expect(try await found("ANN") == ["Ann", "ann marie"])
        #expect(try await found(" бен_ ") == ["Бен_1"])
        #expect(try await found("n_m") == [])
        #expect(try await found(ids[0].text.uppercased()) == ["eve"])
        #expect(try await found(unnamed.text) == [String(unnamed.text.prefix(8))])
        let all = names(try await books.search(AccountSearch(), in: database))
        #expect(all.filter { $0 != String(unnamed.text.prefix(8)) } == ["Ann", "ann marie", "eve", "Бен_1"])
        #expect(all.count == 5)
        await database.close()
    }

    @Test(arguments: Delivering.allCases) func theSumsAreThoseOfAllThatIsFoundAndTodayIsToday(_ mode: Delivering)
        async throws
    {
        let office = try OfficeFixture(mode, timeZone: "Europe/Berlin")
        let (ann, bob, eve) = (try office.hire("Ann"), try office.hire("Bob"), try office.hire("Eve"))
        // In Berlin yesterday and today.
        try office.earn(ann, at: "2026-11-21T22:59:59.999Z")
        try office.earn(ann, at: "2026-11-21T23:00:00.000Z")
        try office.takeTicket(bob, at: "2026-11-22T10:00:00.000Z")
        try office.takeTicket(eve, at: "2026-11-20T10:00:00.000Z")
        try office.takeTicket(eve, at: "2026-11-20T10:00:00.000Z")
        try await office.closeDay("2026-11-21")
        let database = try office.accounting.database
        let books = books(office)
        let (gain, cost) = (OfficeFixture.gain, OfficeFixture.commission)
        let all = try await books.search(AccountSearch(), in: database)
        #expect(names(all) == ["Ann", "Bob", "Eve"])
        #expect(all.page.items.map(\.account.balance.cents) == [gain, -cost, -2 * cost])
        #expect(all.page.items.map(\.earnedToday.cents) == [gain, -cost, 0])
        #expect(
            all.sums
                == FoundAccounts.Sums(
                    accounts: 3,
                    balance: Money(cents: gain - 3 * cost),
                    belowZero: 2,
                    debt: Money(cents: -3 * cost),
                    earnedToday: Money(cents: gain - cost)
                )
        )
        let negative = try await books.search(AccountSearch(isBelowZero: true), in: database)
        #expect(names(negative) == ["Bob", "Eve"])
        #expect(negative.sums.accounts == 2 && negative.sums.balance == negative.sums.debt)
        #expect(negative.sums.earnedToday.cents == -cost)
        let both = try await books.search(AccountSearch(text: "ev", isBelowZero: true), in: database)
        #expect(names(both) == ["Eve"] && both.sums.balance.cents == -2 * cost)
        let none = try await books.search(AccountSearch(text: "nobody"), in: database)
        #expect(none.page.items.isEmpty && none.sums.accounts == 0 && none.sums.balance.cents == 0)
        try office.finish()
        await database.close()
    }

    @Test func pagesGoThereAndBackAlsoBetweenEqualNames() async throws {
        let office = try OfficeFixture(.once)
        try office.accounting.connection.execute(
            """
            INSERT INTO accounting.accounts (user_id, role, name)
            SELECT gen_random_uuid(), 'employee', CASE n % 3 WHEN 0 THEN 'ann' WHEN 1 THEN 'Ann' ELSE 'Name ' || n END
            FROM generate_series(1, 130) AS n
            """
        )
        let database = try office.accounting.database
        let books = books(office)
        var pages: [[AccountKey]] = []
        var place: ListPlace<AccountKey>? = .start
        var back: ListPlace<AccountKey>?
        while let here = place {
            let found = try await books.search(AccountSearch(), at: here, in: database)
            #expect(found.sums.accounts == 130)
            pages.append(found.page.items.map(\.key))
            (place, back) = (found.page.next, found.page.previous)
        }
        #expect(pages.map(\.count) == [50, 50, 30])
        #expect(Set(pages.joined()).count == 130)
        var returned: [[AccountKey]] = []
        while let here = back {
            let page = try await books.search(AccountSearch(), at: here, in: database).page
            returned.append(page.items.map(\.key))
            back = page.previous
        }
        #expect(returned == [pages[1], pages[0]])
        await database.close()
    }
}
