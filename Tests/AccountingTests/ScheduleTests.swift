import Foundation
import LocalServers
import Logging
import Perch
import PerchTesting
import Postgres
import ServiceKit
import Synchronization
import Testing

@testable import Accounting

@Suite struct ScheduleTests {
    private func schedule(_ time: String, _ zone: String) throws -> PayoutSchedule {
        PayoutSchedule(
            time: try #require(TimeOfDay(time)),
            timeZone: try #require(TimeZone(identifier: zone))
        )
    }

    @Test func aDayIsDueFromThePayoutTimeOfTheDayAfter() throws {
        let berlin = try schedule("00:05", "Europe/Berlin")
        #expect(berlin.dayDue(at: "2026-11-21T23:04:59.999Z") == "2026-11-20")
        #expect(berlin.dayDue(at: "2026-11-21T23:05:00.000Z") == "2026-11-21")
        #expect(berlin.dayDue(at: "2026-11-22T23:04:59.999Z") == "2026-11-21")
        #expect(berlin.nextPayout(after: "2026-11-21T23:04:59.999Z") == "2026-11-21T23:05:00.000Z")
        #expect(berlin.nextPayout(after: "2026-11-21T23:05:00.000Z") == "2026-11-22T23:05:00.000Z")
        let midnight = try schedule("00:00", "GMT")
        #expect(midnight.dayDue(at: "2026-11-22T00:00:00.000Z") == "2026-11-21")
        #expect(midnight.nextPayout(after: "2026-11-22T00:00:00.000Z") == "2026-11-23T00:00:00.000Z")
    }

    @Test func aTimeThatDaylightSavingSkipsComesWhenTheClocksArePutForward() throws {
        // The 29th of March 2026: 02:00 becomes 03:00 at 01:00Z.
        let berlin = try schedule("02:30", "Europe/Berlin")
        #expect(berlin.nextPayout(after: "2026-03-28T12:00:00.000Z") == "2026-03-29T01:00:00.000Z")
        #expect(berlin.dayDue(at: "2026-03-29T00:59:59.999Z") == "2026-03-27")
        #expect(berlin.dayDue(at: "2026-03-29T01:00:00.000Z") == "2026-03-28")
        #expect(berlin.nextPayout(after: "2026-03-29T01:00:00.000Z") == "2026-03-30T00:30:00.000Z")
    }

    @Test func aTimeThatTheClocksShowTwiceComesOnce() throws {
        // The 25th of October 2026: 03:00 becomes 02:00 at 01:00Z.
        let berlin = try schedule("02:30", "Europe/Berlin")
        #expect(berlin.nextPayout(after: "2026-10-24T12:00:00.000Z") == "2026-10-25T00:30:00.000Z")
        #expect(berlin.nextPayout(after: "2026-10-25T00:30:00.000Z") == "2026-10-26T01:30:00.000Z")
        #expect(berlin.dayDue(at: "2026-10-25T00:45:00.000Z") == "2026-10-24")
        #expect(berlin.dayDue(at: "2026-10-25T01:15:00.000Z") == "2026-10-24")
    }

    @Test func aSkippedDateIsNeitherDueNorWaitedFor() throws {
        // In Samoa the 29th of December 2011 was followed by the 31st, at 10:00Z of the 30th.
        let apia = try schedule("00:05", "Pacific/Apia")
        #expect(apia.nextPayout(after: "2011-12-29T10:05:00.000Z") == "2011-12-30T10:05:00.000Z")
        #expect(apia.dayDue(at: "2011-12-30T10:04:59.999Z") == "2011-12-28")
        #expect(apia.dayDue(at: "2011-12-30T10:05:00.000Z") == "2011-12-29")
        #expect(apia.nextPayout(after: "2011-12-30T10:05:00.000Z") == "2011-12-31T10:05:00.000Z")
        #expect(apia.dayDue(at: "2011-12-31T10:05:00.000Z") == "2011-12-31")
    }

    @Test(arguments: ["00:00", "00:05", "02:30", "23:59"])
    func everyDayOfTenYearsIsDueExactlyOnce(_ time: String) throws {
        for zone in zones {
            let schedule = try schedule(time, zone)
            var now: Timestamp = "2006-01-01T12:00:00.000Z"
            var last = schedule.dayDue(at: now)
            while now < "2016-01-01T12:00:00.000Z" {
                let next = schedule.nextPayout(after: now)
                #expect(next > now && next - now <= .seconds(49 * 3600), "\(zone) \(now)")
                now = next
                let due = schedule.dayDue(at: now)
                #expect(last == schedule.days.day(before: due), "\(zone) \(now)")
                last = due
            }
        }
    }

    /// Zones whose clocks change at midnight, by half an hour, by a whole day, or at a minute past midnight.
    private let zones = [
        "GMT", "Europe/Berlin", "Pacific/Apia", "America/Sao_Paulo", "America/Havana", "America/St_Johns",
        "Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kathmandu", "Asia/Beirut", "Africa/Casablanca",
    ]

    @Test func postgresAndTheScheduleHaveTheSameDays() throws {
        let fixture = try AccountingFixture()
        for zone in zones {
            let days = ZonedDays(timeZone: try #require(TimeZone(identifier: zone)))
            // Each quarter of an hour of a year in which Samoa skipped a date, and a millisecond before it.
            let begin: Timestamp = "2011-06-01T00:00:00.000Z"
            let times = (0..<35_040).flatMap { quarter -> [Timestamp] in
                let time = begin + .seconds(900 * quarter)
                return [time, time + .milliseconds(-1)]
            }
            let found = try fixture.connection.query(
                """
                SELECT (t AT TIME ZONE \(zone))::date AS day,
                    extract(hour FROM t AT TIME ZONE \(zone))::int * 60 + extract(minute FROM t AT TIME ZONE \(zone))::int
                        AS minute
                FROM unnest(\(times)) WITH ORDINALITY AS x (t, n) ORDER BY n
                """
            ) { (try $0.decode("day", as: CalendarDate.self), Int(try $0.decode("minute", as: Int32.self))) }
            let differing = zip(times, found).filter { days.local($0) != $1 }.map { "\($0.0) \($0.1)" }
            #expect(differing.prefix(3) == [], "\(zone)")
            #expect(found.count == times.count)
        }
    }

    // MARK: The schedule

    @Test func payDayCatchesUpAndThenClosesEachDayWhenItsTimeHasCome() async throws {
        let office = try OfficeFixture(.once, timeZone: "Europe/Berlin")
        let ann = try office.hire()
        try office.earn(ann, at: "2026-11-18T12:00:00.000Z")
        try office.earn(ann, at: "2026-11-19T12:00:00.000Z")
        try office.earn(ann, at: "2026-11-21T12:00:00.000Z")
        try office.earn(ann, at: "2026-11-22T12:00:00.000Z")
        office.clock.now = "2026-11-21T00:00:00.000Z"
        func paid() throws -> [String] {
            try office.accounting.texts(
                "SELECT business_day || ' ' || -amount FROM reporting.ledger WHERE kind = 'wage' ORDER BY 1"
            )
        }
        // Two run at a time.
        try await office.running(2) {
            for (time, day) in [
                ("2026-11-21T00:00:00.000Z", "2026-11-20"), ("2026-11-21T23:05:00.000Z", "2026-11-21"),
                ("2026-11-22T23:05:00.000Z", "2026-11-22"),
            ] as [(Timestamp, String)] {
                office.clock.now = time
                try await eventually("\(day) is paid") {
                    try office.accounting.texts("SELECT coalesce(max(day)::text, '') FROM accounting.paid_days") == [
                        day
                    ]
                }
            }
        }
        #expect(
            try paid() == ["2026-11-18 2500", "2026-11-19 2500", "2026-11-21 2500", "2026-11-22 2500"]
        )
        try office.finish()
    }

    @Test func payDayPaysManyAccountsInSmallTransactionsAndGoesOnAfterAFailure() async throws {
        let office = try OfficeFixture(.once)
        let count = 3 * PayDay.accountsAStep + 1
        for number in 0..<count {
            try office.earn(office.hire("P\(number)", email: "p\(number)@example.com"), at: "2026-11-21T12:00:00.000Z")
        }
        let steps = Mutex((paying: 0, hasFailed: false))
        var payDay = office.payDay
        payDay.onStep = { step in
            guard case .paying = step else { return }
            try steps.withLock { steps in
                steps.paying += 1
                // In the midst of a transaction.
                if steps.paying == PayDay.accountsAStep + 3, !steps.hasFailed {
                    steps.hasFailed = true
                    throw CancellationError()
                }
            }
        }
        try await office.running(1, payDay) {
            try await eventually("the failure is noted") {
                try office.accounting.texts("SELECT failures::text FROM perch.schedules") == ["1"]
            }
            #expect(
                try office.accounting.numbers("SELECT count(*) FROM accounting.ledger WHERE kind = 'wage'")
                    == [Int64(PayDay.accountsAStep)],
                "one transaction's have committed, and of the next none"
            )
            // Past the pause before the next try.
            office.clock.now = office.clock.now + .seconds(300)
            try await eventually("the day is paid") {
                try office.accounting.numbers("SELECT paid FROM accounting.paid_days") == [Int64(count)]
            }
        }
        try office.finish()
    }

    @Test func payDayRunsWithTheServicesOwnRole() async throws {
        let office = try OfficeFixture(.once)
        try office.earn(office.hire(), at: "2026-11-21T12:00:00.000Z")
        let role = "app \(UInt64.random(in: .min ... .max))"
        let server = try LocalPostgres.shared()
        try server.psql("CREATE ROLE \"\(role)\" LOGIN")
        try DatabasePreparation.run(
            connection: office.accounting.connection,
            service: Accounting.service,
            contract: office.accounting.contract,
            appRole: role
        )
        let database = try #require(office.accounting.url.split(separator: "/").last)
        try await office.running(1, url: server.url(database: String(database), user: role)) {
            try await eventually("the day is paid") {
                try office.accounting.numbers("SELECT paid FROM accounting.paid_days") == [1]
            }
        }
        try office.finish()
    }
}

extension PayoutSchedule {
    /// When the next day is to be closed.
    fileprivate func nextPayout(after now: Timestamp) -> Timestamp {
        guard let next = try? recurrence.next(after: now, in: days.timeZone) else {
            preconditionFailure("a day has no payout")
        }
        return next
    }
}

extension OfficeFixture {
    /// Schedulers of pay day at 00:05 while the body runs, by the office's clock.
    fileprivate func running(
        _ count: Int,
        _ payDay: PayDay? = nil,
        url: String? = nil,
        _ body: () async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        var settings = Scheduler.Settings()
        settings.look = .milliseconds(10)
        let clock = clock
        let running = try (0..<count).map { _ in
            let scheduler = try Scheduler(
                service: "accounting",
                schedules: Accounting.schedules(
                    payDay: payDay ?? self.payDay,
                    time: .fivePastMidnight,
                    timeZone: timeZone,
                    logger: logger
                ),
                contract: accounting.contract,
                postgres: PostgresConfiguration(url: url ?? accounting.url),
                settings: settings,
                logger: logger,
                clock: { clock.now }
            )
            return Task { try await scheduler.run() }
        }
        do {
            try await body()
        } catch {
            for task in running { task.cancel() }
            throw error
        }
        for task in running { task.cancel() }
        for task in running { try await task.value }
    }
}
