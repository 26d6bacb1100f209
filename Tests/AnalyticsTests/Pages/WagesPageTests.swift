import HTTPTesting
import ServiceTesting
import Testing

@testable import Analytics

@Suite struct WagesPageTests {
    @Test func wagesStandByDayWithPeopleAndTotal() async throws {
        let office = try AnalyticsOffice()
        let (ben, ann) = (try office.employ("Ben"), try office.employ("Ann"))
        try office.pay(ben, 1_000, at: "16T23:00")
        try office.pay(ann, 123_456, at: "16T23:00")
        try office.pay(ben, 50, at: "17T23:00")
        try await office.visit { admin in
            let page = try await admin.get("/wages?from=2026-11-16&to=2026-11-18")
            #expect(
                page.said.contains(
                    "Wed 18 Nov 2026 so far 0 0.00 Tue 17 Nov 2026 1 0.50 Mon 16 Nov 2026 2 1,244.56 "
                        + "Sum 3 wages 1,245.06"
                )
            )
            #expect(page.body.contains("<title>Monday 16 November 2026: 1,244.56</title>"))
            let none = try await admin.get("/wages?from=2026-11-01&to=2026-11-02")
            #expect(none.said.contains("they are paid when a day is closed in accounting."))
            #expect(!none.body.contains("<figure"))
        }
    }

    @Test func anOpenPageGetsWhatIsPaidMeanwhile() async throws {
        let office = try AnalyticsOffice()
        let ben = try office.employ("Ben")
        try office.pay(ben, 100, at: "16T23:00")
        try await office.visit { admin in
            let stream = try #require(try await admin.get("/wages?from=2026-11-16&to=2026-11-18").stream)
            let told = try await admin.live(stream, until: "\"paid/2026-11-16..2026-11-18\":\"2 wages\"") {
                try office.pay(ben, 200, at: "18T11:00")
            }
            #expect(told.contains("\"paid/2026-11-18..2026-11-18\":\"1\""))
            #expect(told.contains("\"wages/2026-11-16..2026-11-18\":\"3.00\""))
        }
    }
}
