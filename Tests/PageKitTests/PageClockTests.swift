import PageKit
import Testing
import Times

@Suite struct PageClockTests {
    private let now: Timestamp

    init() throws { now = try #require(Timestamp("2026-11-30T16:20:04.123Z")) }

    @Test func timesAreInTheViewersZone() {
        #expect(PageClock(now: now, zoneName: "Europe/Berlin").exact(now).hasPrefix("2026-11-30 17:20:04.123 "))
        #expect(PageClock(now: now, zoneName: "Asia/Kolkata").timeOfDay(now) == "21:50:04")
        #expect(PageClock(now: now, zoneName: "Pacific/Kiritimati").day(now) == "1 Dec 2026")
    }

    @Test(arguments: [nil, "", "Nowhere/City", "../../../../etc/passwd", "/etc/localtime", "Europe/Berlin\n", "<b>"])
    func whatNamesNoZoneIsUTC(name: String?) {
        #expect(PageClock(now: now, zoneName: name).exact(now) == "2026-11-30 16:20:04.123 UTC")
    }

    @Test func timesAreRelativeBelowADay() {
        let clock = PageClock(now: now)
        let cases: [(Int, String)] = [
            (0, "now"), (4, "4 s ago"), (59, "59 s ago"), (60, "1 min ago"), (3599, "59 min ago"), (86_399, "23 h ago"),
            (86_400, "29 Nov 2026"), (-200, "in 3 min"), (-86_400, "1 Dec 2026"),
        ]
        for (seconds, words) in cases { #expect(clock.relative(now + .seconds(-seconds)) == words) }
    }

    @Test func theEndsOfTimeDoNotTrap() {
        let clock = PageClock(now: now, zoneName: "Europe/Berlin")
        for time in [Timestamp(microsecondsSince1970: .max), Timestamp(microsecondsSince1970: .min)] {
            #expect(!TimeText(time, clock).html.isEmpty)
            #expect(!TimeText(time, clock, isExact: true).html.isEmpty)
        }
    }
}
