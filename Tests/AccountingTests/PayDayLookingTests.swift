import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit
import Testing

@testable import Accounting

@Suite struct PayDayLookingTests {
    private func books(_ office: OfficeFixture) -> Books {
        let clock = office.clock
        return Books(timeZone: office.timeZone) { clock.now }
    }

    private func payments(_ closed: ClosedDay) -> DayPayments {
        DayPayments(day: closed.day, people: closed.paid, total: closed.total)
    }

    @Test func aPreviewTellsWhatTheCloseDoesAndChangesNothing() async throws {
        let office = try OfficeFixture(.once)
        let (ann, bob, eve) = (try office.hire("Ann"), try office.hire("Bob"), try office.hire("Eve"))
        let gain = OfficeFixture.gain
        try office.earn(ann, at: "2026-11-18T09:00:00.000Z")
        try office.takeTicket(ann, at: "2026-11-19T09:00:00.000Z")
        try office.earn(ann, at: "2026-11-21T09:00:00.000Z")
        try office.earn(bob, at: "2026-11-21T09:00:00.000Z")
        try office.takeTicket(eve, at: "2026-11-21T09:00:00.000Z")
        try office.earn(eve, at: "2026-11-22T09:00:00.000Z")
        let database = try office.accounting.database
        let before = try office.accounting.dump()
        let preview = try await office.payDay.preview("2026-11-21", in: database)
        #expect(try office.accounting.dump() == before)
        #expect(
            preview
                == PayDayPreview(
                    payments: DayPayments(
                        day: "2026-11-21",
                        people: 2,
                        total: Money(cents: 2 * gain - OfficeFixture.commission)
                    ),
                    earlier: [
                        DayPayments(day: "2026-11-18", people: 1, total: Money(cents: gain)),
                        DayPayments(day: "2026-11-19", people: 0, total: Money(cents: 0)),
                    ],
                    belowZero: 1,
                    nextDay: "2026-11-22",
                    today: "2026-11-22",
                    lastClosed: nil,
                    closed: nil
                )
        )
        #expect(preview.people == 3)
        #expect(try await office.closeDay("2026-11-21").map(payments) == preview.earlier + [preview.payments])

        let again = try await office.payDay.preview("2026-11-21", in: database)
        #expect(again.payments.people == 0 && again.earlier.isEmpty)
        #expect(again.closed.map(payments) == preview.payments)
        let today = try await office.payDay.preview("2026-11-22", in: database)
        #expect(today.isToday && today.nextDay == "2026-11-23" && today.payments.people == 1)
        await #expect(throws: DayNotClosable.self) { try await office.payDay.preview("2026-11-23", in: database) }
        try office.finish()
        await database.close()
    }

    /// Random lives of some employees over some days, with closes amid them: the preview is what the close then does.
    @Test(arguments: 1...6) func whatAPreviewSaysIsWhatTheCloseDoes(_ run: UInt64) async throws {
        let given = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...9999) * 8 + run
        print("seed \(seed) (TEST_SEED=\(seed) repeats it)")
        var generator = SplitMix64(seed: seed)
        let office = try OfficeFixture(.once)
        let people = try (0..<5).map { try office.hire("Popug \($0)") }
        let database = try office.accounting.database
        try office.takeTicket(people[0], at: "2026-11-10T09:00:00.000Z")
        for number in 10...21 {
            let day = try #require(CalendarDate("2026-11-\(number)"))
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                let person = try #require(people.randomElement(using: &generator))
                let time = try #require(Timestamp("\(day)T12:00:00.000Z"))
                if Bool.random(using: &generator) {
                    try office.earn(person, at: time)
                } else {
                    try office.takeTicket(person, at: time)
                }
            }
            guard Int.random(in: 0..<3, using: &generator) == 0 else { continue }
            let preview = try await office.payDay.preview(day, in: database)
            let closed = try await office.closeDay(day)
            #expect(closed.map(payments) == preview.earlier + [preview.payments], "seed \(seed), \(day)")
            #expect(
                try office.accounting.numbers("SELECT count(*) FROM accounting.accounts WHERE balance < 0")
                    == [preview.belowZero],
                "seed \(seed), \(day)"
            )
        }
        try office.finish()
        await database.close()
    }

    @Test func theProgressOfACloseCountsItsDaysFromTheDatabaseAndSurvivesACrash() async throws {
        let office = try OfficeFixture(.once)
        let people = try (0..<3).map { try office.hire("Popug \($0)") }
        for person in people { try office.earn(person, at: "2026-11-20T09:00:00.000Z") }
        for person in people { try office.earn(person, at: "2026-11-21T09:00:00.000Z") }
        try office.earn(people[0], at: "2026-11-22T09:00:00.000Z")
        let database = try office.accounting.database
        let payDay = office.payDay
        let gain = OfficeFixture.gain
        #expect(try await payDay.progress(of: "2026-11-21", in: database) == nil)
        struct Crash: Error {}
        // It ends after one wage, then after the next one, and so on.
        for wages in 0..<6 {
            var crashing = payDay
            crashing.onStep = { step in
                switch step {
                case .closed where wages == 0: throw Crash()
                case .paid: throw Crash()
                default: break
                }
            }
            let closing = crashing
            await #expect(throws: Crash.self) { _ = try await closing.close("2026-11-21", in: database) }
            let progress = try #require(try await payDay.progress(of: "2026-11-21", in: database))
            #expect(progress.paid == Int64(wages) && progress.left == Int64(6 - wages) && progress.wages == 6)
            #expect(
                progress.paidTotal.cents == Int64(wages) * gain && progress.leftTotal.cents == Int64(6 - wages) * gain
            )
            #expect(!progress.isDone)
        }
        #expect(try await office.closeDay("2026-11-21").count <= 2)
        let done = try #require(try await payDay.progress(of: "2026-11-21", in: database))
        #expect(done.paid == 6 && done.left == 0 && done.isDone)
        // A later close counts its own.
        try await office.closeDay("2026-11-22")
        #expect(try await payDay.progress(of: "2026-11-22", in: database)?.paid == 1)
        #expect(try await payDay.progress(of: "2026-11-21", in: database) == done)
        try office.finish()
        await database.close()
    }

    @Test func theListOfDaysHasTodayTheClosedOnesAndThoseThatAreDue() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire("Ann")
        let database = try office.accounting.database
        let books = books(office)
        #expect(try await books.days(in: database).items.map(\.state) == [.open])
        try office.earn(ann, at: "2026-11-18T09:00:00.000Z")
        try office.takeTicket(ann, at: "2026-11-19T09:00:00.000Z")
        let closed = try await office.closeDay("2026-11-19")
        try office.earn(ann, at: "2026-11-20T09:00:00.000Z")
        try office.earn(ann, at: "2026-11-21T09:00:00.000Z")
        let days = try await books.days(in: database).items
        #expect(days.map(\.day) == ["2026-11-22", "2026-11-21", "2026-11-20", "2026-11-19", "2026-11-18"])
        #expect(days.map(\.state) == [.open, .due, .due, .closed, .closed])
        #expect(days.map(\.paid) == [nil, nil, nil, closed[1], closed[0]])
        #expect(days.map { $0.closedAt != nil } == [false, false, false, true, true])

        // Amid the close of two days: one is paid, the other is not.
        struct Crash: Error {}
        var crashing = office.payDay
        crashing.onStep = { if case .recorded = $0 { throw Crash() } }
        let closing = crashing
        await #expect(throws: Crash.self) { _ = try await closing.close("2026-11-21", in: database) }
        #expect(try await books.days(in: database).items.map(\.state) == [.open, .paying, .closed, .closed, .closed])
        try await office.closeDay("2026-11-21")
        // Today, early: what comes later counts to tomorrow.
        try await office.closeDay("2026-11-22")
        try office.earn(ann, at: "2026-11-22T20:00:00.000Z")
        let early = try await books.days(in: database).items
        #expect(early.prefix(2).map(\.day) == ["2026-11-23", "2026-11-22"])
        #expect(early.prefix(2).map(\.state) == [.open, .closed])
        try office.finish()
        await database.close()
    }

    @Test func pagesOfDaysGoThereAndBack() async throws {
        let office = try OfficeFixture(.once)
        try office.accounting.connection.execute(
            """
            WITH closed AS (
                INSERT INTO accounting.closed_days (day)
                SELECT date '2026-11-21' - n FROM generate_series(0, 119) AS n RETURNING day
            )
            INSERT INTO accounting.paid_days (day, paid, total) SELECT day, 0, 0 FROM closed
            """
        )
        let database = try office.accounting.database
        let books = books(office)
        var pages: [[CalendarDate]] = []
        var place: ListPlace<CalendarDate>? = .start
        var back: ListPlace<CalendarDate>?
        while let here = place {
            let page = try await books.days(at: here, in: database)
            pages.append(page.items.map(\.day))
            (place, back) = (page.next, page.previous)
        }
        #expect(pages.map(\.count) == [50, 50, 21])
        let page = try await books.days(at: try #require(back), in: database)
        #expect(page.items.map(\.day) == pages[1])
        await database.close()
    }

    @Test func whomADayHasPaidIsToldInTheOrderOfTheirNames() async throws {
        let office = try OfficeFixture(.once)
        let people = try ["Zoe", "adam", "Bob"].map { try office.hire($0) }
        for person in people { try office.earn(person, at: "2026-11-21T09:00:00.000Z") }
        let debtor = try office.hire("Eve")
        try office.takeTicket(debtor, at: "2026-11-21T09:00:00.000Z")
        try await office.closeDay("2026-11-21")
        let database = try office.accounting.database
        let page = try await books(office).wages(of: "2026-11-21", in: database)
        #expect(page.items.map(\.name) == ["adam", "Bob", "Zoe"])
        #expect(page.items.allSatisfy { $0.amount.cents == OfficeFixture.gain && $0.at == office.clock.now })
        let rest = try await books(office).wages(of: "2026-11-21", at: .after(page.items[0].key), in: database)
        #expect(rest.items == Array(page.items.dropFirst()) && rest.previous == .before(page.items[1].key))
        let first = try await books(office).wages(of: "2026-11-21", at: .before(page.items[1].key), in: database)
        #expect(first.items == [page.items[0]])
        #expect(try await books(office).wages(of: "2026-11-20", in: database).items.isEmpty)
        try office.finish()
        await database.close()
    }
}
