import Foundation
import Perch
import PopugEvents
import Postgres
import Testing

@testable import Accounting

@Suite struct PayDayTests {
    private let gain = OfficeFixture.gain

    @Test(arguments: Delivering.allCases) func whatADayLeavesIsPaidOnceHoweverOftenItIsClosed(_ mode: Delivering)
        async throws
    {
        let office = try OfficeFixture(mode)
        let (ann, bob, eve) = (try office.hire("Ann"), try office.hire("Bob"), try office.hire("Eve"))
        try office.earn(ann, at: "2026-11-21T09:00:00.000Z")
        try office.earn(ann, at: "2026-11-21T23:59:59.999Z")
        try office.earn(bob, at: "2026-11-21T10:00:00.000Z")
        try office.takeTicket(eve, at: "2026-11-21T11:00:00.000Z")
        // Just after midnight: another day's, and in the ledger before the day before is closed.
        try office.earn(ann, at: "2026-11-22T00:00:00.000Z")
        try office.takeTicket(bob, at: "2026-11-22T00:00:00.001Z")

        let first = try await office.closeDay("2026-11-21")
        #expect(first == [ClosedDay(day: "2026-11-21", paid: 2, total: Money(cents: 3 * gain))])
        let dump = try office.accounting.dump()
        #expect(try await office.closeDay("2026-11-21") == first)
        #expect(try office.accounting.dump() == dump)

        #expect(try office.ledger(ann).last == "2026-11-21 wage -5000 2500")
        #expect(try office.ledger(bob).last == "2026-11-21 wage -2500 -1500")
        #expect(try office.accounting.balance(eve) == -OfficeFixture.commission)
        try office.finish()
        #expect(try office.mailFiles().count == 2)
    }

    @Test(arguments: Delivering.allCases) func daysThatWereMissedArePaidInOrderEachWhatItHadLeft(_ mode: Delivering)
        async throws
    {
        let office = try OfficeFixture(mode)
        let (ann, bob) = (try office.hire("Ann"), try office.hire("Bob"))
        try office.earn(ann, at: "2026-11-18T09:00:00.000Z")
        try office.takeTicket(ann, at: "2026-11-19T09:00:00.000Z")
        try office.earn(bob, at: "2026-11-19T09:00:00.000Z")
        // Nothing on the 20th. Ann is in debt by the 19th and has earned it back, and more, on the 21st.
        try office.earn(ann, at: "2026-11-21T09:00:00.000Z")
        try office.earn(bob, at: "2026-11-22T09:00:00.000Z")

        #expect(
            try await office.closeDay("2026-11-21") == [
                ClosedDay(day: "2026-11-18", paid: 1, total: Money(cents: gain)),
                ClosedDay(day: "2026-11-19", paid: 1, total: Money(cents: gain)),
                ClosedDay(day: "2026-11-21", paid: 1, total: Money(cents: gain - OfficeFixture.commission)),
            ]
        )
        #expect(try office.accounting.balance(ann) == 0)
        #expect(try office.accounting.balance(bob) == gain)
        // A day without entries that was passed over: closed all the same, and it has paid nobody.
        #expect(
            try await office.closeDay("2026-11-20") == [ClosedDay(day: "2026-11-20", paid: 0, total: Money(cents: 0))]
        )
        try office.finish()
    }

    @Test(arguments: Delivering.allCases) func aNegativeBalanceIsCarriedUntilItIsEarnedBack(_ mode: Delivering)
        async throws
    {
        let office = try OfficeFixture(mode)
        let ann = try office.hire()
        try office.takeTicket(ann, at: "2026-11-20T09:00:00.000Z")
        try office.takeTicket(ann, at: "2026-11-20T09:00:00.000Z")
        #expect(try await office.closeDay("2026-11-20").map(\.paid) == [0])
        try office.earn(ann, at: "2026-11-21T09:00:00.000Z")
        #expect(try await office.closeDay("2026-11-21").map(\.paid) == [0])
        #expect(try office.accounting.balance(ann) == gain - 2 * OfficeFixture.commission)
        try office.earn(ann, at: "2026-11-22T09:00:00.000Z")
        #expect(try await office.closeDay("2026-11-22").map(\.total.cents) == [2 * gain - 2 * OfficeFixture.commission])
        try office.finish()
    }

    @Test(arguments: Delivering.allCases) func whatComesAfterAnEarlyCloseCountsToTomorrow(_ mode: Delivering)
        async throws
    {
        let office = try OfficeFixture(mode)
        let ann = try office.hire()
        try office.earn(ann, at: "2026-11-22T10:00:00.000Z")
        #expect(try await office.closeDay("2026-11-22").map(\.total.cents) == [gain])
        try office.earn(ann, at: "2026-11-22T11:00:00.000Z")
        // Late, of a day long gone that nobody has closed by its own name.
        try office.earn(ann, at: "2026-11-01T00:00:00.000Z")
        #expect(try await office.closeDay("2026-11-22").map(\.total.cents) == [gain])
        #expect(
            try office.ledger(ann).map { $0.prefix(10) }
                == ["2026-11-22", "2026-11-22", "2026-11-22", "2026-11-23", "2026-11-23", "2026-11-23", "2026-11-23"]
        )
        office.clock.now = "2026-11-24T00:05:00.000Z"
        #expect(try await office.closeDay("2026-11-23").map(\.total.cents) == [2 * gain])
        // Management's earnings go by the events' own time all the same.
        let books = Books(timeZone: office.timeZone)
        let database = try office.accounting.database
        let earnings = try await books.earnings(from: "2026-11-01", to: "2026-11-23", in: database)
        #expect(earnings.filter { $0.rewards.cents > 0 }.map(\.day) == ["2026-11-01", "2026-11-22"])
        #expect(earnings.count == 23)
        try office.finish()
    }

    @Test func aDayLongBeforeTheFirstEntryIsRefusedAndNothingChanges() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire()
        try office.earn(ann, at: "2026-11-10T09:00:00.000Z")
        let before = try office.accounting.dump()
        for day in ["0000-01-01", "0001-01-01", "1970-01-01", "2025-11-10", "2026-11-03"] {
            let day = try #require(CalendarDate(day))
            await #expect {
                try await office.closeDay(day)
            } throws: { error in
                "\(error)" == "\(day): expected a day less than 7 days before the ledger's first entry, or before today"
            }
        }
        #expect(try office.accounting.dump() == before)
        // A few days before are closed all the same, by whoever began early, and again with the same answer.
        for _ in 0..<2 {
            #expect(try await office.closeDay("2026-11-04").map(\.paid) == [0])
            #expect(try await office.closeDay("2026-11-10").map(\.paid) == [1])
        }
        try office.finish()
    }

    /// The schedule closes yesterday, or the day before it, also where nothing has happened yet.
    @Test func withoutAnyEntryTheDaysBeforeTodayAreClosed() async throws {
        let office = try OfficeFixture(.once)
        #expect(try await office.closeDay("2026-11-16").map(\.day) == ["2026-11-16"])
        await #expect(throws: DayNotClosable.self) { try await office.closeDay("2026-11-15") }
        // What was closed once is closed for good, however long ago it was.
        office.clock.now = "2027-11-22T12:00:00.000Z"
        #expect(try await office.closeDay("2026-11-16").map(\.day) == ["2026-11-16"])
        await #expect(throws: DayNotClosable.self) { try await office.closeDay("2026-11-22") }
        #expect(try await office.closeDay("2027-11-20").map(\.day) == ["2027-11-20"])
    }

    @Test func aDayThatHasNotBegunIsRefusedAndNothingChanges() async throws {
        let office = try OfficeFixture(.once, timeZone: "Asia/Tokyo")
        try office.earn(office.hire(), at: "2026-11-22T09:00:00.000Z")
        office.clock.now = "2026-11-22T14:59:59.999Z"
        let before = try office.accounting.dump()
        await #expect(throws: DayNotClosable.self) { try await office.closeDay("2026-11-23") }
        #expect(try office.accounting.dump() == before)
        // One millisecond later it is that day in Tokyo.
        office.clock.now = "2026-11-22T15:00:00.000Z"
        #expect(try await office.closeDay("2026-11-23").map(\.day) == ["2026-11-22", "2026-11-23"])
        let database = try office.accounting.database
        office.clock.now = "2026-11-23T15:00:00.000Z"
        await #expect(throws: DayNotClosable.self) {
            try await office.payDay.close("2026-11-24", mustBeOver: true, in: database)
        }
        try office.finish()
    }

    // MARK: Time zones

    @Test(arguments: Delivering.allCases) func daysOfDaylightSavingHaveTheHoursTheClocksShow(_ mode: Delivering)
        async throws
    {
        let office = try OfficeFixture(mode, timeZone: "Europe/Berlin")
        let (ann, bob) = (try office.hire("Ann"), try office.hire("Bob"))
        // The 29th of March 2026 has 23 hours, from 23:00Z to 22:00Z.
        try office.earn(ann, at: "2026-03-28T22:59:59.999Z")
        try office.earn(bob, at: "2026-03-28T23:00:00.000Z")
        try office.earn(bob, at: "2026-03-29T21:59:59.999Z")
        try office.earn(ann, at: "2026-03-29T22:00:00.000Z")
        // The 25th of October 2026 has 25, from 22:00Z to 23:00Z.
        try office.earn(ann, at: "2026-10-24T21:59:59.999Z")
        try office.earn(bob, at: "2026-10-24T22:00:00.000Z")
        try office.earn(bob, at: "2026-10-25T22:59:59.999Z")
        try office.earn(ann, at: "2026-10-25T23:00:00.000Z")
        let closed = try await office.closeDay("2026-10-26")
        #expect(
            closed.map { "\($0.day) \($0.total)" } == [
                "2026-03-28 25.00", "2026-03-29 50.00", "2026-03-30 25.00", "2026-10-24 25.00", "2026-10-25 50.00",
                "2026-10-26 25.00",
            ]
        )
        try office.finish()
    }

    @Test(arguments: Delivering.allCases) func aDateThatTheTimeZoneSkipsIsNoDay(_ mode: Delivering) async throws {
        let office = try OfficeFixture(mode, timeZone: "Pacific/Apia")
        let ann = try office.hire()
        // Midnight after the 29th was the beginning of the 31st.
        try office.earn(ann, at: "2011-12-30T09:59:59.999Z")
        try office.earn(ann, at: "2011-12-30T10:00:00.000Z")
        office.clock.now = "2011-12-30T10:05:00.000Z"
        await #expect(throws: DayNotClosable.self) { try await office.closeDay("2011-12-30") }
        let database = try office.accounting.database
        #expect(try await office.payDay.yesterday(in: database) == "2011-12-29")
        #expect(try await office.closeDay("2011-12-29").map(\.total.cents) == [gain])
        // Late: the next open day is the 31st.
        try office.earn(ann, at: "2011-12-30T09:00:00.000Z")
        #expect(try await office.closeDay("2011-12-31").map(\.total.cents) == [2 * gain])
        #expect(
            try Set(office.ledger(ann).map { $0.prefix(10) }) == ["2011-12-29", "2011-12-31"]
        )
        let earnings = try await Books(timeZone: office.timeZone).earnings(
            from: "2011-12-28",
            to: "2012-01-01",
            in: database
        )
        #expect(
            earnings.map { "\($0.day) \($0.earned)" } == [
                "2011-12-28 0.00", "2011-12-29 -50.00", "2011-12-31 -25.00", "2012-01-01 0.00",
            ]
        )
        try office.finish()
    }
}
