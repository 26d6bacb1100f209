import PageKit
import PerchOperating
import Testing
import Times

@testable import PerchConsole

@Suite struct PlaceTextTests {
    private let berlin = PageClock(now: Timestamp("2026-11-30T16:20:04.123Z") ?? .now, zoneName: "Europe/Berlin")

    @Test(arguments: [
        ("2026-11-22 18:30", "2026-11-22T17:30:00.000Z"), ("2026-07-01 00:00:30", "2026-06-30T22:00:30.000Z"),
        ("2026-11-22", "2026-11-21T23:00:00.000Z"), ("2026-11-22T18:30:00Z", "2026-11-22T18:30:00.000Z"),
        ("2026-11-22T18:30:00.125Z", "2026-11-22T18:30:00.125Z"), ("15m", "2026-11-30T16:05:04.123Z"),
    ])
    func aTimeWithoutAZoneIsOfTheViewers(text: String, time: String) throws {
        #expect(PlaceText.place(text, berlin) == .time(try #require(Timestamp(time))))
    }

    @Test(arguments: ["2026-02-30 10:00", "2026-11-22 25:00", "yesterday", "", "-1-1-1", "2026-11-22 18:30 19:00"])
    func whatIsNoPlaceIsNone(text: String) {
        #expect(PlaceText.place(text, berlin) == nil)
    }

    @Test func aPlaceThatAFormSendsBackIsTheSame() throws {
        for text in ["beginning", "1763836200123-42", "15m", "2026-11-22 18:30"] {
            let place = try #require(PlaceText.place(text, berlin))
            #expect(PlaceText.place(PlaceText.fixed(place), berlin) == place)
        }
    }
}
