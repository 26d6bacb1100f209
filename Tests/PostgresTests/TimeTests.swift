import Foundation
import Postgres
import Testing

@Suite struct TimeTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00.000Z", 0), ("2026-11-22T18:30:55.123Z", 1_795_372_255_123),
        ("1969-12-31T23:59:59.999Z", -1), ("2000-02-29T12:00:00.000Z", 951_825_600_000),
        ("0001-01-01T00:00:00.000Z", -62_135_596_800_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ])
    func aTimestampIsTheSameTextAndMilliseconds(text: String, milliseconds: Int64) throws {
        let time = try #require(Timestamp(text))
        #expect(time.milliseconds == milliseconds)
        #expect(time.description == text)
        #expect(Timestamp(milliseconds: milliseconds) == time)
    }

    @Test(arguments: [
        "", "2026-11-22", "2026-11-22T18:30:55Z", "2026-11-22T18:30:55.123", "2026-11-22T18:30:55.123+00:00",
        "2026-11-22t18:30:55.123Z", "2026-11-22 18:30:55.123Z", "2026-11-22T18:30:55.1234Z", "2026-02-29T00:00:00.000Z",
        "2026-13-01T00:00:00.000Z", "2026-11-22T24:00:00.000Z", "2026-11-22T18:60:55.123Z", "2026-11-22T18:30:60.123Z",
        "2026-11-22T18:30:55.123Z ", "+026-11-22T18:30:55.123Z", "٢٠٢٦-11-22T18:30:55.123Z",
    ])
    func aTimestampOfAnotherFormIsRefused(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func nowComesBackFromItsJSON() throws {
        let now = Timestamp.now
        let data = try JSONEncoder().encode([now])
        #expect(String(decoding: data, as: UTF8.self) == "[\"\(now)\"]")
        #expect(try JSONDecoder().decode([Timestamp].self, from: data) == [now])
        #expect(abs(Double(now.milliseconds) / 1000 - Date().timeIntervalSince1970) < 60)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Timestamp].self, from: Data("[\"now\"]".utf8)) }
    }

    @Test func aTextBeforeItsMicrosecondIsRoundedDown() {
        #expect(Timestamp(microsecondsSince1970: -1).description == "1969-12-31T23:59:59.999Z")
        #expect(Timestamp(microsecondsSince1970: 1999).description == "1970-01-01T00:00:00.001Z")
        #expect(Timestamp(microsecondsSince1970: -1).date == CalendarDate("1969-12-31"))
    }

    @Test func timestampsAddDurations() {
        let time = Timestamp(milliseconds: 5000)
        #expect(time + .milliseconds(1500) == Timestamp(milliseconds: 6500))
        #expect(time + .seconds(-10) == Timestamp(milliseconds: -5000))
        #expect(time + .seconds(Int64.max) == Timestamp(microsecondsSince1970: .max))
        #expect(Timestamp(milliseconds: 6500) - time == .milliseconds(1500))
    }

    @Test func everyDayOfFourCenturiesFollowsTheOneBefore() throws {
        let first = try #require(CalendarDate(year: 1900, month: 1, day: 1))
        var expected = (year: 1900, month: 1, day: 1)
        for days in 0..<146_097 {
            let date = CalendarDate(daysSince1970: first.daysSince1970 + days)
            guard date.year == expected.year, date.month == expected.month, date.day == expected.day,
                CalendarDate(year: date.year, month: date.month, day: date.day) == date,
                CalendarDate(date.description) == date
            else {
                Issue.record("\(date) is not \(expected)")
                return
            }
            let isLeap = expected.year % 4 == 0 && (expected.year % 100 != 0 || expected.year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            expected.day += 1
            if expected.day > lengths[expected.month - 1] { expected = (expected.year, expected.month + 1, 1) }
            if expected.month > 12 { expected = (expected.year + 1, 1, 1) }
        }
        #expect(CalendarDate(year: 2300, month: 1, day: 1)?.daysSince1970 == first.daysSince1970 + 146_097)
    }

    @Test(arguments: ["", "2026-11-31", "2026-1-1", "2026-11-22T", "26-11-22", "2026-00-10", "2026-10-00"])
    func aDateOfAnotherFormIsRefused(text: String) {
        #expect(CalendarDate(text) == nil)
    }

    @Test func aDateComesBackFromItsJSON() throws {
        let date = try #require(CalendarDate("2026-11-22"))
        let data = try JSONEncoder().encode([date])
        #expect(String(decoding: data, as: UTF8.self) == "[\"2026-11-22\"]")
        #expect(try JSONDecoder().decode([CalendarDate].self, from: data) == [date])
    }
}
