import Foundation
import Perch
import Postgres
import Testing

@testable import Perch

@Suite struct CronExpressionTests {
    private func ticks(_ text: String, _ zone: String, from start: String, count: Int) throws -> [String] {
        let expression = try CronExpression(text)
        let timeZone = try #require(TimeZone(identifier: zone))
        var time = try #require(Timestamp(start))
        var found: [String] = []
        for _ in 0..<count {
            time = try #require(expression.next(after: time, in: timeZone))
            found.append("\(time.description.prefix(16))Z")
        }
        return found
    }

    // MARK: Reading

    @Test func fieldsHaveListsRangesStepsAndNames() throws {
        #expect(
            try ticks("0,30 8-9 * * MON-FRI", "UTC", from: "2026-11-27T08:15:00.000Z", count: 5) == [
                "2026-11-27T08:30Z", "2026-11-27T09:00Z", "2026-11-27T09:30Z", "2026-11-30T08:00Z", "2026-11-30T08:30Z",
            ]
        )
        #expect(
            try ticks("*/20 3 1 jan,Jul *", "UTC", from: "2026-01-01T03:20:00.000Z", count: 3)
                == ["2026-01-01T03:40Z", "2026-07-01T03:00Z", "2026-07-01T03:20Z"]
        )
        #expect(
            try ticks("0 6-18/6 * * 6-7", "UTC", from: "2026-11-28T12:00:00.000Z", count: 3)
                == ["2026-11-28T18:00Z", "2026-11-29T06:00Z", "2026-11-29T12:00Z"]
        )
        #expect(try CronExpression("  5\t0 * *  * ").description == "5 0 * * *")
        #expect(try CronExpression("0 0 * * SAT-SUN") == CronExpression("0 0 * * SAT-SUN"))
        #expect(
            try ticks("0 0 * * SAT-SUN", "UTC", from: "2026-11-27T00:00:00.000Z", count: 3)
                == ["2026-11-28T00:00Z", "2026-11-29T00:00Z", "2026-12-05T00:00Z"]
        )
    }

    @Test func aDayOfTheMonthOrOfTheWeekCountsAndLIsTheLast() throws {
        #expect(
            try ticks("0 0 13 * FRI", "UTC", from: "2026-11-12T00:00:00.000Z", count: 4)
                == ["2026-11-13T00:00Z", "2026-11-20T00:00Z", "2026-11-27T00:00Z", "2026-12-04T00:00Z"]
        )
        #expect(
            try ticks("0 0 L * *", "UTC", from: "2027-12-31T00:00:00.000Z", count: 3)
                == ["2028-01-31T00:00Z", "2028-02-29T00:00Z", "2028-03-31T00:00Z"]
        )
        #expect(
            try ticks("0 0 29 2 *", "UTC", from: "2096-02-29T00:00:00.000Z", count: 1) == ["2104-02-29T00:00Z"],
            "1900 and 2100 are no leap years"
        )
        #expect(
            try ticks("0 0 15,L 2 *", "UTC", from: "2026-02-01T00:00:00.000Z", count: 2) == [
                "2026-02-15T00:00Z", "2026-02-28T00:00Z",
            ]
        )
    }

    @Test(arguments: [
        ("", "expected 5 fields (minute, hour, day, month, day of the week), found 0"),
        ("* * * *", "expected 5 fields (minute, hour, day, month, day of the week), found 4"),
        ("60 * * * *", "minute: expected 0 to 59, found \"60\""),
        ("5 24 * * *", "hour: expected 0 to 23, found \"24\""),
        ("0 0 0 * *", "day: expected 1 to 31 or L, found \"0\""),
        ("0 0 * JANUARY *", "month: expected 1 to 12 or JAN to DEC, found \"JANUARY\""),
        ("0 0 * * 8", "day of the week: expected 0 to 7 or SUN to SAT, found \"8\""),
        ("0 0 * * FRI-MON", "day of the week: expected a range that goes up, found \"FRI-MON\""),
        ("9-5 * * * *", "minute: expected a range that goes up, found \"9-5\""),
        ("5/10 * * * *", "minute: expected * or a range before the step, as */10, found \"5/10\""),
        ("*/0 * * * *", "minute: expected a step of 1 to 59, found \"0\""),
        ("*/99 * * * *", "minute: expected a step of 1 to 59, found \"99\""),
        ("1,,2 * * * *", "minute: expected 0 to 59, found \"\""),
        ("1-2-3 * * * *", "minute: expected a range of two, found \"1-2-3\""),
        ("1-9/2/2 * * * *", "minute: expected one step, found \"1-9/2/2\""),
        ("-1 * * * *", "minute: expected 0 to 59, found \"\""),
        ("+1 * * * *", "minute: expected 0 to 59, found \"+1\""),
        ("١ * * * *", "minute: expected 0 to 59, found \"١\""),
        ("0 0 30,31 2 *", "day: expected one that a month of these has, found \"30,31\""),
        (
            "0 0 */2 * MON",
            "expected * as the day or as the day of the week: with both, some take a step of * for either and some for both"
        ),
    ]) func whatCannotBeReadSaysWhatWasExpected(_ text: String, _ reason: String) {
        #expect { try CronExpression(text) } throws: { error in
            (error as? InvalidRecurrence)?.reason == reason
                || {
                    print(error); return false
                }()
        }
    }

    @Test func noTextEndsTheProgram() {
        var random = SystemRandomNumberGenerator()
        let pieces = ["*", "/", "-", ",", "L", "0", "7", "59", "99999999999999999999", "MON", "JAN", " ", "é", "\u{0}"]
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 1...14, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }
            _ = try? CronExpression(text.joined())
        }
    }

    // MARK: Clocks that are changed

    @Test func aTimeThatIsSkippedComesWhenTheClocksArePutForward() throws {
        // Berlin, the 29th of March 2026: 02:00 becomes 03:00 at 01:00Z.
        #expect(
            try ticks("30 2 * * *", "Europe/Berlin", from: "2026-03-28T00:00:00.000Z", count: 3)
                == ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"]
        )
        #expect(
            try ticks("0,30 2,3 * * *", "Europe/Berlin", from: "2026-03-29T00:00:00.000Z", count: 3)
                == ["2026-03-29T01:00Z", "2026-03-29T01:30Z", "2026-03-30T00:00Z"],
            "what was skipped comes together with what is then due"
        )
        // Lord Howe, the 4th of October 2026: 02:00 becomes 02:30 at 15:30Z of the 3rd.
        #expect(
            try ticks("15 2 * * *", "Australia/Lord_Howe", from: "2026-10-02T00:00:00.000Z", count: 3)
                == ["2026-10-02T15:45Z", "2026-10-03T15:30Z", "2026-10-04T15:15Z"]
        )
        // Toronto, the 30th of March 1919: 23:30 becomes 00:30 of the 31st.
        #expect(
            try ticks("45 23 * * *", "America/Toronto", from: "1919-03-30T12:00:00.000Z", count: 2)
                == ["1919-03-31T04:30Z", "1919-04-01T03:45Z"]
        )
    }

    @Test func aTimeThatIsShownTwiceComesOnceAtTheFirst() throws {
        // Berlin, the 25th of October 2026: 03:00 becomes 02:00 at 01:00Z.
        #expect(
            try ticks("30 2 * * *", "Europe/Berlin", from: "2026-10-24T00:00:00.000Z", count: 3)
                == ["2026-10-24T00:30Z", "2026-10-25T00:30Z", "2026-10-26T01:30Z"]
        )
        // Lord Howe, the 5th of April 2026: 02:00 becomes 01:30 at 15:00Z of the 4th.
        #expect(
            try ticks("45 1 * * *", "Australia/Lord_Howe", from: "2026-04-03T00:00:00.000Z", count: 3)
                == ["2026-04-03T14:45Z", "2026-04-04T14:45Z", "2026-04-05T15:15Z"]
        )
    }

    @Test func aDateThatIsSkippedHasNoTick() throws {
        // Samoa went from the 29th of December 2011 to the 31st, at 10:00Z of the 30th.
        #expect(
            try ticks("5 0 * * *", "Pacific/Apia", from: "2011-12-28T12:00:00.000Z", count: 4)
                == ["2011-12-29T10:05Z", "2011-12-30T10:05Z", "2011-12-31T10:05Z", "2012-01-01T10:05Z"]
        )
        #expect(
            try ticks("0 12 30 12 *", "Pacific/Apia", from: "2011-01-01T00:00:00.000Z", count: 1) == [
                "2012-12-29T22:00Z"
            ]
        )
        #expect(
            try ticks("0 9 * * FRI", "Pacific/Apia", from: "2011-12-24T00:00:00.000Z", count: 1) == [
                "2012-01-05T19:00Z"
            ]
        )
    }

    @Test func whatRecursEachHourGoesOnByWhatClocksShow() throws {
        #expect(
            try ticks("*/30 * * * *", "Europe/Berlin", from: "2026-10-24T23:45:00.000Z", count: 5) == [
                "2026-10-25T00:00Z", "2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z", "2026-10-25T02:00Z",
            ]
        )
        #expect(
            try ticks("30 * * * *", "Europe/Berlin", from: "2026-03-29T00:00:00.000Z", count: 3)
                == ["2026-03-29T00:30Z", "2026-03-29T01:30Z", "2026-03-29T02:30Z"]
        )
        // By half an hour: what was half past is now on the hour.
        #expect(
            try ticks("0 * * * *", "Australia/Lord_Howe", from: "2026-04-04T13:00:00.000Z", count: 4)
                == ["2026-04-04T14:00Z", "2026-04-04T15:30Z", "2026-04-04T16:30Z", "2026-04-04T17:30Z"]
        )
    }

    // MARK: Over many zones and years

    /// Zones and years in which clocks were changed by half an hour, a day, two hours, at midnight, before it, or often.
    static let places: [(String, Int)] = [
        ("Europe/Berlin", 2026), ("Pacific/Apia", 2011), ("Pacific/Kwajalein", 1993), ("Pacific/Kwajalein", 1969),
        ("Australia/Lord_Howe", 2026), ("America/Sao_Paulo", 2018), ("America/Havana", 2026), ("America/Toronto", 1919),
        ("Africa/Casablanca", 2012), ("Africa/Cairo", 2014), ("Asia/Pyongyang", 2015), ("America/Nuuk", 2023),
        ("Pacific/Chatham", 2026), ("Antarctica/Troll", 2026),
    ]

    /// Each five minutes of a year and some days, with what clocks show then, in seconds.
    private static func minutes(_ zone: TimeZone, _ year: Int) throws -> [(time: Int64, shown: Int64)] {
        let begin = Int64(try #require(CalendarDate(year: year, month: 1, day: 1)).daysSince1970 - 3) * 86_400
        return (0..<Int64(372 * 288)).map { minute in
            let time = begin + minute * 300
            return (time, time + Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(time)))))
        }
    }

    /// By counting through the year, without any of the searches.
    @Test(arguments: places) func eachDayThatThereIsHasItsTickOnce(_ place: (String, Int)) throws {
        let zone = try #require(TimeZone(identifier: place.0))
        let minutes = try Self.minutes(zone, place.1)
        let days = Set(minutes.map { $0.shown.dividedDown(by: 86_400) })
        for (text, times) in [
            ("0 0 * * *", [0]), ("30 2 * * *", [9000]), ("55 23 * * *", [86_100]),
            ("10,40 0-1 * * *", [600, 2400, 4200, 6000]),
        ] as [(String, [Int64])] {
            var expected: [Int64] = []
            var highest = minutes[0].shown
            for (time, shown) in minutes.dropFirst() where shown > highest {
                // All readings that clocks have now reached for the first time, or jumped over.
                let reached = (highest.dividedDown(by: 86_400)...shown.dividedDown(by: 86_400)).filter(days.contains)
                    .flatMap { day in
                        times.map { day * 86_400 + $0 }
                    }
                if reached.contains(where: { highest < $0 && $0 <= shown }) { expected.append(time) }
                highest = shown
            }
            let found = try Self.ticks(text, zone, after: minutes[0].time, upTo: minutes[minutes.count - 1].time)
            #expect(found == expected, "\(text) \(place)")
            #expect(found.count >= 369)
        }
    }

    @Test(arguments: places) func whatRecursEachHourIsWhatClocksShow(_ place: (String, Int)) throws {
        let zone = try #require(TimeZone(identifier: place.0))
        let minutes = try Self.minutes(zone, place.1)
        for (text, isIt) in [
            ("*/20 * * * *", { $0 % 3600 % 1200 == 0 }),
            (
                "30 * * 3,10,12 *",
                { shown in
                    let date = CalendarDate(daysSince1970: Int(shown.dividedDown(by: 86_400)))
                    // Also before 1970.
                    let second = shown - shown.dividedDown(by: 3600) * 3600
                    return second == 1800 && [3, 10, 12].contains(date.month)
                }
            ),
        ] as [(String, (Int64) -> Bool)] {
            let expected = minutes.dropFirst().filter { isIt($0.shown) }.map(\.time)
            let found = try Self.ticks(text, zone, after: minutes[0].time, upTo: minutes[minutes.count - 1].time)
            #expect(found == expected, "\(text) \(place)")
        }
    }

    @Test(arguments: ["30 2 * * *", "*/20 * * * *", "0 0 29 2 *", "15 1 L * *", "5 4 * * SUN"])
    func theLastTickIsTheOneThatNoOtherFollows(_ text: String) throws {
        var random = SystemRandomNumberGenerator()
        for zone in ["Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe"] {
            let timeZone = try #require(TimeZone(identifier: zone))
            let recurrence = try Recurrence.cron(text)
            for _ in 0..<15 {
                let time = Timestamp(milliseconds: .random(in: 1_200_000_000_000...1_800_000_000_000, using: &random))
                let last = try #require(recurrence.last(atOrBefore: time, in: timeZone))
                #expect(last <= time && recurrence.next(after: last, in: timeZone).map { $0 > time } == true)
                #expect(recurrence.last(atOrBefore: last, in: timeZone) == last)
                #expect(recurrence.next(after: last + .microseconds(-1), in: timeZone) == last)
            }
        }
    }

    private static func ticks(_ text: String, _ zone: TimeZone, after start: Int64, upTo end: Int64) throws -> [Int64] {
        let expression = try CronExpression(text)
        var time = Timestamp(microsecondsSince1970: start * 1_000_000)
        var found: [Int64] = []
        while let next = expression.next(after: time, in: zone), next.microsecondsSince1970 <= end * 1_000_000 {
            found.append(next.microsecondsSince1970 / 1_000_000)
            time = next
        }
        return found
    }

    // MARK: Intervals

    @Test func anIntervalCountsFromItsAnchor() throws {
        let anchor = try #require(Timestamp("2026-11-22T00:00:10.000Z"))
        let recurrence = try Recurrence.every(.seconds(90), from: anchor)
        #expect(recurrence.next(after: anchor, in: .gmt) == anchor + .seconds(90))
        #expect(recurrence.next(after: anchor + .milliseconds(-1), in: .gmt) == anchor)
        #expect(recurrence.next(after: anchor + .seconds(-1000), in: .gmt) == anchor + .seconds(-990))
        #expect(recurrence.last(atOrBefore: anchor + .seconds(89), in: .gmt) == anchor)
        #expect(recurrence.last(atOrBefore: anchor + .milliseconds(-1), in: .gmt) == anchor + .seconds(-90))
        #expect(recurrence.description == "every 90 s from 2026-11-22T00:00:10.000Z")
        #expect(try Recurrence.every(.milliseconds(1500)).description == "every 1.500 s from 1970-01-01T00:00:00.000Z")
    }

    @Test func anIntervalThatCannotBeIsRefused() {
        #expect(throws: InvalidRecurrence.self) { try Recurrence.every(.milliseconds(999)) }
        #expect(throws: InvalidRecurrence.self) { try Recurrence.every(.seconds(400 * 86_400)) }
        #expect(throws: InvalidRecurrence.self) { try Recurrence.every(.microseconds(1_500_500)) }
        #expect(throws: InvalidRecurrence.self) {
            try Recurrence.every(.seconds(1), from: Timestamp(microsecondsSince1970: .max))
        }
    }

    @Test(arguments: [Int64.min, -1, 0, .max]) func noInstantEndsTheProgram(_ instant: Int64) throws {
        let time = Timestamp(microsecondsSince1970: instant)
        for recurrence in try [Recurrence.cron("0 0 * * *"), .cron("* * * * *"), .every(.seconds(1))] {
            for zone in ["UTC", "Pacific/Apia"] {
                let timeZone = try #require(TimeZone(identifier: zone))
                if let next = recurrence.next(after: time, in: timeZone) { #expect(next > time) }
                if let last = recurrence.last(atOrBefore: time, in: timeZone) { #expect(last <= time) }
            }
        }
        #expect(try Recurrence.cron("0 0 * * *").next(after: CronTicks.end, in: .gmt) == nil)
    }
}
