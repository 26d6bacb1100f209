import Foundation
import HTTPTesting
import Perch
import Postgres
import ServiceTesting
import Testing

@testable import Analytics

@Suite struct DearestPageTests {
    @Test func theDearestTicketOfDayWeekAndMonthLeadsToItsPage() async throws {
        let office = try AnalyticsOffice()
        let ben = try office.employ("Ben")
        let cheap = try office.work(ben, commission: 0, reward: 2_000, title: nil, at: "18T11:00")
        let monday = try office.work(ben, commission: 0, reward: 3_000, title: "Sweep the yard", at: "16T10:00")
        try office.work(ben, commission: 0, reward: 123_456, title: "Count the eggs", at: "15T10:00")
        try await office.visit { admin in
            let page = try await admin.get("/tickets")
            let said = page.said
            let title = "Ticket \(cheap.text.prefix(8))"
            #expect(
                said.contains("Today: Wednesday 18 November 2026 \(title) Reward 20.00, earned by Ben , closed 1 h ago")
            )
            #expect(
                said.contains("This week: 16 to 22 November 2026 Sweep the yard Reward 30.00, earned by Ben , closed")
            )
            #expect(said.contains("This month: 1 to 30 November 2026 Count the eggs Reward 1,234.56"))
            #expect(page.link("Sweep the yard") == "http://127.0.0.1:8082/tickets/\(monday.text)")
            #expect(page.link("Ben") == "http://127.0.0.1:8083/accounts/\(ben.text)")
        }
    }

    @Test func aPeriodWithoutATicketSaysSo() async throws {
        let office = try AnalyticsOffice()
        try office.work(try office.employ("Ben"), commission: 0, reward: 2_000, at: "15T10:00")
        try await office.visit { admin in
            let said = try await admin.get("/tickets").said
            #expect(said.contains("No ticket was closed today."))
            #expect(said.contains("No ticket was closed this week."))
            #expect(!said.contains("No ticket was closed this month."))
        }
    }

    @Test func titlesOfStrangersAreText() async throws {
        let office = try AnalyticsOffice()
        let title = "<script>alert(1)</script>\"><img src=x onerror=alert(2)> {{title}} \u{202E}abc"
        try office.work(try office.employ("Ben"), commission: 0, reward: 2_000, title: title, at: "18T10:00")
        try await office.visit { admin in
            let page = try await admin.get("/tickets")
            #expect(!page.body.contains("<script>alert") && !page.body.contains("<img"))
            #expect(page.said.contains("{{title}} ⟨U+202E⟩abc"))
        }
    }

    @Test func anOpenPageIsToldWhereAnotherTicketIsTheDearestNow() async throws {
        let office = try AnalyticsOffice()
        let ben = try office.employ("Ben")
        let first = try office.work(ben, commission: 0, reward: 2_000, at: "17T10:00")
        try await office.visit { admin in
            let stream = try #require(try await admin.get("/tickets").stream)
            let told = try await admin.live(stream, until: "\"dearest/day/none\":\"It is another one now") {
                try office.work(ben, commission: 0, reward: 1_500, at: "18T10:00")
            }
            // Of the week it still is.
            #expect(told.contains("\"dearest/week/\(first.text)\":\"\""))
        }
    }

    @Test func stretchesOfDaysSayOnceWhatTheirEndsShare() throws {
        func text(_ first: String, _ last: String) throws -> String {
            let (first, last) = (try #require(CalendarDate(first)), try #require(CalendarDate(last)))
            return (first...last).text
        }
        #expect(try text("2026-12-01", "2026-12-31") == "1 to 31 December 2026")
        #expect(try text("2026-11-30", "2026-12-06") == "30 November to 6 December 2026")
        #expect(try text("2026-12-28", "2027-01-03") == "28 December 2026 to 3 January 2027")
        #expect(try text("2026-12-01", "2026-12-01") == "Tuesday 1 December 2026")
    }
}
