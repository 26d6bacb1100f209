import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres
import Synchronization
import Testing

@testable import Accounting

/// Closes that are cut short, that run at the same time, and that meet the workers.
@Suite struct PayDayCrashTests {
    private let gain = OfficeFixture.gain

    /// Three are owed something for one day or two, one owes. The 21st is missed, too.
    private func payroll(_ mode: Delivering) throws -> OfficeFixture {
        let office = try OfficeFixture(mode)
        let people = try ["Ann", "Bob", "Eve", "Dan"].map { try office.hire($0) }
        for person in people.prefix(2) { try office.earn(person, at: "2026-11-21T23:59:59.999Z") }
        for person in people.prefix(3) { try office.earn(person, at: "2026-11-22T00:00:00.000Z") }
        try office.takeTicket(people[3], at: "2026-11-22T01:00:00.000Z")
        return office
    }

    /// It is closed, so no entry goes there any more: whoever comes, however late, ends what was begun.
    @Test func aCloseThatWasCutShortIsGoneOnWithAYearLater() async throws {
        let office = try OfficeFixture(.once)
        let database = try office.accounting.database
        var payDay = office.payDay
        payDay.onStep = { _ in throw Killed() }
        await #expect(throws: Killed.self) { try await payDay.close("2026-11-16", in: database) }
        await database.close()
        office.clock.now = "2027-11-22T12:00:00.000Z"
        #expect(try await office.closeDay("2026-11-16").map(\.day) == ["2026-11-16"])
    }

    @Test(arguments: Delivering.allCases) func aCloseThatIsKilledAtAnyStepIsGoneOnWithByTheNext(_ mode: Delivering)
        async throws
    {
        // Closed; two paid in two steps each, recorded; three paid, recorded.
        let steps = 1 + (2 * 2 + 1) + (3 * 2 + 1)
        for last in 1...steps {
            let office = try payroll(mode)
            let database = try office.accounting.database
            let taken = Mutex(0)
            var payDay = office.payDay
            payDay.onStep = { _ in
                try taken.withLock { taken in
                    taken += 1
                    if taken == last { throw Killed() }
                }
            }
            await #expect(throws: Killed.self) { try await payDay.close("2026-11-22", in: database) }
            // Meanwhile business goes on.
            let late = try office.hire("Late")
            try office.earn(late, at: "2026-11-22T02:00:00.000Z")
            let closed = try await office.closeDay("2026-11-22")
            #expect(closed.last == ClosedDay(day: "2026-11-22", paid: 3, total: Money(cents: 3 * gain)))
            #expect(
                try office.accounting.texts(
                    "SELECT concat_ws(' ', day, paid, total) FROM accounting.paid_days ORDER BY 1"
                )
                    == ["2026-11-21 2 5000", "2026-11-22 3 7500"],
                "killed at step \(last)"
            )
            #expect(try office.accounting.balance(late) == gain)
            try office.finish()
            await database.close()
        }
        // One more step is none: the count above is right.
        let office = try payroll(.once)
        let taken = Mutex(0)
        var payDay = office.payDay
        payDay.onStep = { _ in taken.withLock { $0 += 1 } }
        _ = try await payDay.close("2026-11-22", in: try office.accounting.database)
        #expect(taken.withLock { $0 } == steps)
    }

    @Test(arguments: Delivering.allCases) func closesAtTheSameTimePayEachOnceAndGiveOneAnswer(_ mode: Delivering)
        async throws
    {
        let office = try payroll(mode)
        let (payDay, url) = (office.payDay, office.accounting.url)
        let days: [CalendarDate] = ["2026-11-22", "2026-11-21", "2026-11-22", "2026-11-20"]
        let answers = try await withThrowingTaskGroup(of: ClosedDay?.self) { closers in
            for day in days {
                closers.addTask {
                    let database = Database(try PostgresConfiguration(url: url), size: 1)
                    return try await payDay.close(day, in: database).last
                }
            }
            return try await closers.reduce(into: Set<ClosedDay>()) { $0.formUnion([$1].compactMap(\.self)) }
        }
        #expect(
            answers == [
                ClosedDay(day: "2026-11-20", paid: 0, total: Money(cents: 0)),
                ClosedDay(day: "2026-11-21", paid: 2, total: Money(cents: 2 * gain)),
                ClosedDay(day: "2026-11-22", paid: 3, total: Money(cents: 3 * gain)),
            ]
        )
        try office.finish()
    }

    @Test func anEntryThatIsBeingBookedIsWaitedForAndPaid() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire()
        let ticket = try office.takeTicket(ann, at: "2026-11-22T09:00:00.000Z")
        let closing = try office.undelivered(TicketClosed(ticketID: ticket), at: "2026-11-22T10:00:00.000Z")
        office.note(earned: OfficeFixture.reward)
        let pricing = Pricing { _ in Price(commission: Money(cents: 0), reward: Money(cents: 0)) }

        // A worker has booked the reward and has not committed yet.
        let worker = try PostgresConnection(PostgresConfiguration(url: office.accounting.url))
        let tx = try worker.begin()
        try KeepLedger(pricing: pricing, timeZone: .gmt).handle([closing], in: tx)
        try tx.flush()

        let (payDay, database) = (office.payDay, try office.accounting.database)
        let close = Task { try await payDay.close("2026-11-22", in: database) }
        try await eventually("the close waits for the worker") {
            try office.accounting.numbers(
                """
                SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
                WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
                """
            ) == [1]
        }
        #expect(try office.accounting.numbers("SELECT count(*) FROM accounting.closed_days") == [0])
        // Another worker gets by: it waits for the close no longer than the close may wait.
        let bob = try office.hire("Bob")
        try office.earn(bob, at: "2026-11-22T11:00:00.000Z")
        try tx.commit()
        #expect(try await close.value.map(\.total.cents) == [2 * gain])
        try office.finish()
    }

    @Test(arguments: 1...3) func workersAndClosesMeetInEveryWayAndNothingIsLost(_ run: Int) async throws {
        let office = try OfficeFixture(.once)
        let people = try (0..<6).map { try office.hire("P\($0)") }
        var streams = TestStreams(contract: office.accounting.contract)
        var time: Timestamp = "2026-11-19T22:00:00.000Z"
        for index in 0..<900 {
            let ticket = UUID.v7()
            time = time + .seconds(300)
            try streams.append(TicketCreated(ticketID: ticket, assigneeID: people[index % 6]), time: time)
            try streams.append(TicketClosed(ticketID: ticket), time: time)
            office.note(earned: gain)
        }
        office.clock.now = "2026-11-25T12:00:00.000Z"
        let (payDay, url) = (office.payDay, office.accounting.url)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (partition, deliveries) in streams.deliveries where partition.topic == "tickets" {
                group.addTask {
                    let connection = try PostgresConnection(PostgresConfiguration(url: url))
                    let price = Price(
                        commission: Money(cents: OfficeFixture.commission),
                        reward: Money(cents: OfficeFixture.reward)
                    )
                    let harness = HandlerHarness(
                        group: Accounting.consumerGroup(pricing: Pricing { _ in price }),
                        connection: connection
                    )
                    for start in stride(from: 0, to: deliveries.count, by: 10) {
                        try harness.deliver(Array(deliveries[start..<min(start + 10, deliveries.count)]))
                    }
                }
            }
            group.addTask {
                let database = Database(try PostgresConfiguration(url: url), size: 1)
                for day in ["2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22"] as [CalendarDate] {
                    _ = try await payDay.close(day, in: database)
                }
            }
            group.addTask {
                let database = Database(try PostgresConfiguration(url: url), size: 1)
                for day in ["2026-11-20", "2026-11-22", "2026-11-23"] as [CalendarDate] {
                    _ = try await payDay.close(day, in: database)
                }
            }
            try await group.waitForAll()
        }
        #expect(try office.accounting.numbers("SELECT count(*) FROM accounting.ledger WHERE kind <> 'wage'") == [1800])
        #expect(try office.accounting.brokenRules() == [])
        // Nobody has anything left once all is closed: every entry was paid on some day.
        _ = try await office.closeDay("2026-11-25")
        #expect(try office.accounting.numbers("SELECT sum(balance)::bigint FROM reporting.balances") == [0])
        try office.finish()
    }
}

private struct Killed: Error {}
