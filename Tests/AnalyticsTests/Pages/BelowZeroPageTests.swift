import Foundation
import HTTPTesting
import Perch
import ServiceTesting
import Testing

@testable import Analytics

@Suite struct BelowZeroPageTests {
    @Test func whoOwesIsListedWithBalanceAndDayAndLeadsToTheAccount() async throws {
        let office = try AnalyticsOffice()
        let (ben, nameless) = (try office.employ("Ben"), try office.employ(nil))
        let rich = try office.employ("Rich")
        try office.work(ben, commission: 1_240, at: "16T10:00")
        try office.work(nameless, commission: 100_000, at: "17T10:00")
        try office.work(rich, commission: 10, reward: 20, at: "17T10:00")
        try await office.visit { admin in
            let page = try await admin.get("/below-zero")
            let id = nameless.text.prefix(8)
            #expect(page.said.contains("Employees below zero now 2"))
            #expect(page.said.contains("\(id) −1,000.00 Tue 17 Nov 2026 Ben −12.40 Mon 16 Nov 2026"))
            #expect(!page.said.contains("Rich"))
            #expect(page.link("Ben") == "http://127.0.0.1:8083/accounts/\(ben.text)")
        }
    }

    @Test func whereNobodyOwesThePageSaysWhoWillBeHere() async throws {
        try await AnalyticsOffice().visit { admin in
            let page = try await admin.get("/below-zero")
            #expect(page.said.contains("Employees below zero now 0"))
            #expect(
                page.said.contains("Nobody is below zero. Whoever is charged more commissions than they have earned")
            )
        }
    }

    @Test func manyStandOnSeveralPagesThatLeadThereAndBack() async throws {
        let office = try AnalyticsOffice()
        try office.manyDebtors(120)
        try await office.visit { admin in
            let first = try await admin.get("/below-zero")
            #expect(first.said.contains("Employees below zero now 120"))
            #expect(first.said.contains("Person 120 −1.20") && first.said.contains("Person 71 −0.71"))
            #expect(!first.said.contains("Person 70 "))
            #expect(first.link("← Lower balances") == nil)
            let second = try await admin.get(try #require(first.link("Higher balances →")))
            let third = try await admin.get(try #require(second.link("Higher balances →")))
            #expect(third.said.contains("Person 20 −0.20") && third.said.contains("Person 1 −0.01"))
            #expect(third.link("Higher balances →") == nil)
            let back = try await admin.get(try #require(third.link("← Lower balances")))
            #expect(back.said.contains("Person 70 −0.70") && back.said.contains("Person 21 −0.21"))
            // All of them have paid since.
            let far = try await admin.get("/below-zero?after=-0.\(UUID.v7().text)")
            #expect(far.said.contains("Nobody is at this place of the list any more"))
        }
    }

    @Test(arguments: ["after=", "after=x", "after=-1", "before=-1.x", "after=99999999999999999999.0", "before=.."])
    func whatIsNoPlaceInTheListIsToldOrTheFirstPage(query: String) async throws {
        try await AnalyticsOffice().visit { admin in
            let status = try await admin.get("/below-zero?\(query)").status
            #expect(status == (query == "after=" ? 200 : 400))
        }
    }

    @Test func namesOfStrangersAreText() async throws {
        let office = try AnalyticsOffice()
        let name = "<script>alert(1)</script>\"><img src=x onerror=alert(2)> {{name}} \u{202E}abc"
        try office.work(try office.employ(name), commission: 100, at: "18T10:00")
        try office.work(try office.employ(String(repeating: "w", count: 500)), commission: 100, at: "18T10:00")
        try await office.visit { admin in
            let page = try await admin.get("/below-zero")
            #expect(!page.body.contains("<script>alert") && !page.body.contains("<img"))
            #expect(page.said.contains("<script>alert(1)</script>\"><img src=x onerror=alert(2)> {{name}} ⟨U+202E⟩abc"))
        }
    }

    @Test func anOpenPageGetsTheNumberAndTheBalancesOfWhoStandsThere() async throws {
        let office = try AnalyticsOffice()
        let (ben, ann) = (try office.employ("Ben"), try office.employ("Ann"))
        try office.work(ben, commission: 100, at: "18T10:00")
        try await office.visit { admin in
            let stream = try #require(try await admin.get("/below-zero").stream)
            let told = try await admin.live(stream, until: "\"below-zero\":\"1\"") {
                // Out of it, and still on the page; another one is in it, and not on the page.
                try office.work(ann, commission: 100, at: "18T10:30")
                try office.work(ben, commission: 0, reward: 350, at: "18T11:00")
            }
            #expect(told.contains("\"balance/\(ben.text)\":\"2.50\""))
            #expect(!told.contains(ann.text))
        }
    }
}
