import Foundation
import HTTPTesting
import ServiceTesting
import Testing

@testable import Analytics

@Suite struct EarningsPageTests {
    @Test func whatWasEarnedLatelyStandsBesideTheWeekBeforeAndAboveEachDay() async throws {
        let office = try AnalyticsOffice()
        let ben = try office.employ("Ben")
        // Today is a Wednesday. The 9th and the 16th are Mondays.
        for (day, cents) in [("09", 100), ("10", 1_000), ("11", 10_000), ("15", 7), ("16", 200), ("17", 30_000)] {
            try office.work(ben, commission: Int64(cents), at: "\(day)T10:00")
        }
        try office.work(ben, commission: 1_500, reward: 4_000, at: "18T10:00")
        try await office.visit { admin in
            let page = try await admin.get("/")
            #expect(page.status == 200)
            #expect(page.said.contains("Today, so far −25.00 a week before 100.00"))
            #expect(page.said.contains("Yesterday 300.00 a week before 10.00"))
            #expect(
                page.said.contains("This week, so far 277.00 the week before 111.07 , 111.00 of it up to Wednesday")
            )
            // Newest first; the sum is of all 30 days.
            #expect(page.said.contains("Wed 18 Nov 2026 so far 15.00 40.00 −25.00 Tue 17 Nov 2026 300.00 0.00 300.00"))
            #expect(page.said.contains("Tue 20 Oct 2026 0.00 0.00 0.00 Sum 428.07 40.00 388.07"))
            // The chart says the same; today is drawn as what still grows.
            #expect(page.body.contains("<title>Wednesday 18 November 2026: −25.00 so far</title>"))
            #expect(page.body.components(separatedBy: "class=\"bar sofar\"").count == 3)
        }
    }

    @Test func daysAreChosenAndWhatIsNoStretchIsToldAndKept() async throws {
        let office = try AnalyticsOffice()
        try office.work(try office.employ("Ben"), commission: 100, at: "10T10:00")
        try await office.visit { admin in
            let chosen = try await admin.get("/?from=2026-11-09&to=2026-11-10")
            #expect(chosen.said.contains("Tue 10 Nov 2026 1.00 0.00 1.00 Mon 9 Nov 2026 0.00 0.00 0.00 Sum 1.00"))
            #expect(!chosen.said.contains("2026 so far"))
            for (query, words) in [
                ("from=2026-11-10&to=2026-11-09", "Expected a day that is not before the first"),
                ("from=2025-11-17&to=2026-11-18", "Expected 366 days at most"),
                ("from=2026-02-30", "Expected a day such as 2026-11-28"),
                ("from=9999-12-31", "Expected a day that is not before the first"),
            ] {
                for path in ["/", "/wages"] {
                    let page = try await admin.get("\(path)?\(query)")
                    #expect(page.said.hasPrefix("There is a problem \(words)"))
                    #expect(page.body.contains("<title>Error: "))
                    let first = query.dropFirst("from=".count).prefix(10)
                    #expect(page.body.contains("value=\"\(first)\""))
                }
            }
            let longest = try await admin.get("/?from=2025-11-18&to=2026-11-18")
            #expect(longest.said.contains("Tue 18 Nov 2025 0.00"))
            // The ends of what can be written are days like others.
            #expect(try await admin.get("/?to=0000-01-05").status == 200)
            #expect(try await admin.get("/wages?from=9999-12-01&to=9999-12-31").status == 200)
            #expect(try await admin.get("/?day=2026-11-10").status == 400)
        }
    }

    @Test func aNewSystemSaysWhatWillBeHereAndWhatBringsIt() async throws {
        try await AnalyticsOffice().visit { admin in
            let page = try await admin.get("/")
            #expect(page.said.contains("Today, so far 0.00"))
            #expect(page.said.contains("commissions come when tickets are assigned, rewards when they are closed."))
            #expect(!page.body.contains("<figure"))
            #expect(page.stream != nil)
        }
    }

    @Test func theZoneOfTheDaysIsNamedWhereItIsNotTheViewers() async throws {
        let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
        let words = "Days begin and end by the clock of Europe/Berlin."
        try await AnalyticsOffice(timeZone: berlin).visit(timeZone: berlin) { admin, _ in
            for (headers, isNamed) in [([], true), (["tz=Asia%2FTokyo"], true), (["tz=Europe%2FBerlin"], false)] {
                let page = try await admin.get("/", headers.map { "Cookie: \($0)" })
                #expect(page.said.contains(words) == isNamed)
            }
        }
        try await AnalyticsOffice().visit { admin in
            for headers in [[], ["Cookie: tz=Etc%2FUTC"]] {
                let page = try await admin.get("/", headers)
                #expect(page.status == 200 && !page.said.contains("Days begin"))
            }
        }
    }

    @Test func aModelOfOtherDaysSaysThatNothingMoreIsCounted() async throws {
        let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
        let office = try AnalyticsOffice()
        try office.work(try office.employ("Ben"), commission: 100, at: "18T10:00")
        try await office.visit(timeZone: berlin) { admin, _ in
            let page = try await admin.get("/")
            #expect(page.said.contains("It has the days of UTC, and is set to those of Europe/Berlin."))
        }
    }

    @Test func anOpenPageGetsWhatIsEarnedMeanwhile() async throws {
        let office = try AnalyticsOffice()
        let ben = try office.employ("Ben")
        try office.work(ben, commission: 100, at: "18T10:00")
        try await office.visit { admin in
            let stream = try #require(try await admin.get("/?from=2026-11-17&to=2026-11-18").stream)
            let told = try await admin.live(stream, until: "\"earned/2026-11-17..2026-11-18\":\"13.00\"") {
                try office.work(ben, commission: 1_200, at: "18T11:00")
            }
            // Number, row and sum, of the days that stand on the page and no others.
            for key in ["commissions/2026-11-18..2026-11-18", "earned/2026-11-16..2026-11-18"] {
                #expect(told.contains("\"\(key)\":\"13.00\""))
            }
            #expect(!told.contains("2026-11-15..2026-11-15"))
            #expect(try await admin.get("/live/earnings?from=2026-11-17").status == 400)
        }
    }
}
