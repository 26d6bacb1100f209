import Foundation
import PageKit
import Perch
import Postgres
import Testing

@testable import Analytics

@Suite struct AnalyticsKeyTests {
    @Test func aKeyIsReadAsItWasWrittenAndNothingElseIsOne() throws {
        let first = try #require(CalendarDate("2026-11-01"))
        let days = first...(try #require(CalendarDate("2026-11-30")))
        let keys: [AnalyticsKey] =
            AnalyticsKey.Part.allCases.map { .earnings($0, days) } + [
                .paid(days), .wages(days), .belowZero, .balance(.v7()), .dearest(.day, shown: nil),
                .dearest(.month, shown: .v7()), .rebuild,
            ]
        for key in keys { #expect(AnalyticsKey(key.live) == key) }
        #expect(Set(keys.map(\.live)).count == keys.count)
        for other in [
            "", "/", "rebuild/", "balance", "balance/x", "earned/2026-11-01", "earned/2026-11-02..2026-11-01",
            "earned/2026-11-01..2026-11-02/x", "dearest/day/x", "dearest/year/none", "lost/2026-11-01..2026-11-02",
        ] {
            #expect(AnalyticsKey(LiveKey(other)) == nil, "\(other)")
        }
    }
}
