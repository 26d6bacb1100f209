import Foundation
import HTTPTesting
import ServiceTesting
import Testing

@testable import Analytics

@Suite struct AnalyticsNoticeTests {
    private static let pages = ["/", "/below-zero", "/tickets", "/wages"]
    private static let incomplete = "Being told again: 61 % (121,000 of 198,000 events); numbers are incomplete"

    @Test func eachPageSaysHowFarARebuildIsAndNothingWithoutOne() async throws {
        let office = try AnalyticsOffice()
        try await office.visit(lag: { .seconds(3600) }) { admin, _ in
            for path in Self.pages {
                let page = try await admin.get(path)
                #expect(!page.said.contains("Being told again"))
                #expect(page.said.hasPrefix("Analytics is 1 hour behind. What happened last may not be here yet."))
            }
            try office.rebuilding(121_000, of: 198_000)
            for path in Self.pages {
                let page = try await admin.get(path)
                #expect(page.said.hasPrefix("\(Self.incomplete). Nothing moves: no worker of analytics runs."))
                // One sentence of it is enough.
                #expect(!page.said.contains("behind."))
            }
        }
    }

    @Test func anOpenPageFollowsARebuildToItsEnd() async throws {
        let office = try AnalyticsOffice()
        try office.rebuilding(121_000, of: 198_000)
        try await office.visit { admin in
            for path in Self.pages {
                try office.rebuilding(121_000, of: 198_000)
                let stream = try #require(try await admin.get(path).stream)
                _ = try await admin.live(stream, until: Self.incomplete)
                _ = try await admin.live(stream, until: "197,999 of 198,000 events") {
                    try office.rebuilding(197_999, of: 198_000)
                }
                _ = try await admin.live(stream, until: "\"rebuild\":\"\"") {
                    try office.rebuilding(198_000, of: 198_000)
                }
            }
        }
    }

    @Test func anOpenPageIsToldWhereTheHandlersFallBehindAndWhereTheyAreBack() async throws {
        let lag = StandingLag()
        try await AnalyticsOffice().visit(lag: { lag.age }) { admin, _ in
            let page = try await admin.get("/")
            #expect(!page.said.contains("behind"))
            let stream = try #require(page.stream)
            _ = try await admin.live(stream, until: "\"handlers/lag\":\"Analytics is 3 minutes behind.\"") {
                lag.age = .seconds(200)
            }
            _ = try await admin.live(stream, until: "\"handlers/lag\":\"\"") { lag.age = .zero }
        }
    }

    @Test(arguments: [(0, 0), (1, 0), (5_000, 50), (9_999, 99)])
    func aRebuildThatGoesOnIsNeverAtItsEnd(replayed: Int64, percent: Int64) {
        #expect(RebuildProgress(replayed: replayed, total: 10_000, workers: 1)?.percent == percent)
        #expect(RebuildProgress(replayed: 10_000, total: 10_000, workers: 1) == nil)
    }
}
