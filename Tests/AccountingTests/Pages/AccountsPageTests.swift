import Foundation
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Accounting

@Suite("the page of all accounts") struct AccountsPageTests {
    @Test func itHasTheSumsOfWhatIsFound() async throws {
        let office = try OfficeFixture(.once)
        try await office.serving { process in
            let accountant = try await process.visitor(.accountant)
            let empty = try await accountant.get("/accounts")
            #expect(empty.said.contains("who is added to popug has an account a moment later"))
            let (ann, bob) = (try office.hire("Ann"), try office.hire("Bob"))
            try office.earn(ann, at: "2026-11-22T09:00:00.000Z")
            try office.takeTicket(bob, at: "2026-11-21T09:00:00.000Z")
            let all = try await accountant.get("/accounts")
            #expect(all.said.contains("Accounts 2 Sum of balances 10.00 Below zero 1 −15.00 in all Today 25.00"))
            #expect(all.said.contains("Ann employee 25.00 25.00 Bob employee −15.00 0.00"))
            #expect(all.said.contains("All that are found 10.00 25.00"))
            #expect(all.body.contains("href=\"/accounts/\(ann.text)\">Ann</a>"))
            let negative = try await accountant.get("/accounts?balance=negative")
            #expect(!negative.said.contains("Ann employee") && negative.said.contains("All that are found −15.00 0.00"))
            let search = try await accountant.get("/accounts?search=%20AN&balance=negative")
            #expect(search.said.contains("No account is like this.") && search.body.contains("value=\" AN\""))
            #expect(search.links(to: "/accounts?balance=negative").count == 1)
        }
    }

    @Test func pagesGoThereAndBackAlsoWithASearch() async throws {
        let office = try OfficeFixture(.once)
        try office.accounting.connection.execute(
            """
            INSERT INTO accounting.accounts (user_id, role, name)
            SELECT gen_random_uuid(), 'employee', 'Name & ' || lpad(n::text, 3, '0') FROM generate_series(1, 120) AS n
            """
        )
        _ = try office.hire("Zoe")
        try await office.serving { process in
            let accountant = try await process.visitor(.accountant)
            let first = try await accountant.get("/accounts?search=Name%20%26")
            let second = try await accountant.get(try #require(first.link("Next →")))
            let third = try await accountant.get(try #require(second.link("Next →")))
            #expect(first.said.contains("Name & 001 ") && second.said.contains("Name & 051 "))
            #expect(third.said.contains("Name & 120 ") && third.link("Next →") == nil && !third.said.contains("Zoe"))
            let back = try await accountant.get(try #require(third.link("← Previous")))
            #expect(back.said.contains("Name & 051 ") && back.said.contains("Name & 100 "))
        }
    }

    @Test func placesAndFiltersThatAreNoneAreToldNotIgnored() async throws {
        let office = try OfficeFixture(.once)
        try await office.serving { process in
            let accountant = try await process.visitor(.accountant)
            let id = UUID.v7().text
            for query in ["balance=positive", "after=x", "before=\(id)", "after=\(id)%20%00", "serach=x"] {
                #expect(try await accountant.get("/accounts?\(query)").status == 400, "\(query)")
            }
            for query in ["search=%00", "search=%25_%5C", "after=\(id)%20%E2%80%AE", "search=%27%3B--"] {
                #expect(try await accountant.get("/accounts?\(query)").status == 200, "\(query)")
            }
        }
    }
}
