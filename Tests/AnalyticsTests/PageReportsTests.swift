import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit
import Testing

@testable import Analytics

@Suite struct PageReportsTests {
    private let reports = Reports(timeZone: .gmt)

    private func time(_ text: String) throws -> Timestamp { try #require(Timestamp("2026-11-\(text):00.000Z")) }

    private func move(
        _ user: UUID,
        _ commission: Int64,
        reward: Int64? = nil,
        at time: Timestamp,
        in streams: inout TestStreams
    ) throws {
        let ticket = UUID.v7()
        let price = TicketMoneyUpdated(
            ticketID: ticket,
            commission: Money(cents: commission),
            reward: Money(cents: reward ?? 0)
        )
        try streams.append(price, time: time)
        try streams.append(TicketCreated(ticketID: ticket, assigneeID: user, title: "Mend the coop"), time: time)
        if reward != nil { try streams.append(TicketClosed(ticketID: ticket), time: time) }
    }

    @Test func whoIsBelowZeroIsToldWithNameBalanceAndSinceWhenHoweverTheTopicsInterleave() async throws {
        var streams: TestStreams?
        let (ben, ann, eve, boss) = (UUID.v7(), UUID.v7(), UUID.v7(), UUID.v7())
        var told: [[Debtor]] = []
        for round in 0..<6 {
            let fixture = try AnalyticsFixture()
            var events = streams ?? TestStreams(contract: fixture.contract)
            if streams == nil {
                for (user, name) in [(ben, "Ben"), (ann, nil), (eve, "Eve")] as [(UUID, String?)] {
                    let email = name.map { "\($0)@x.org" }
                    try events.append(UserCreated(userID: user, role: .employee, name: name, email: email))
                }
                try events.append(UserCreated(userID: boss, role: .manager, name: "Boss", email: "b@x.org"))
                // Ben was in debt, was out of it at the end of the 20th, and is in it again since he was paid on the 21st.
                try move(ben, 1000, at: time("18T10:00"), in: &events)
                try move(ben, 1000, reward: 4000, at: time("20T10:00"), in: &events)
                try events.append(UserWagePaid(userID: ben, amount: Money(cents: 2500)), time: time("21T00:05"))
                try move(ben, 10, reward: 20, at: time("22T10:00"), in: &events)
                // Ann was below zero for some hours of the 19th, and is since the 22nd.
                try move(ann, 1500, at: time("19T10:00"), in: &events)
                try move(ann, 1000, reward: 2600, at: time("19T12:00"), in: &events)
                try move(ann, 2000, at: time("22T12:00"), in: &events)
                try move(eve, 10, reward: 20, at: time("22T12:00"), in: &events)
                try move(boss, 10, at: time("22T12:00"), in: &events)
                streams = events
            }
            var generator = SplitMix64(seed: UInt64(round))
            try fixture.harness.deliverAll(events.deliveries, roundsOfUpTo: 4, using: &generator)
            let database = try fixture.database
            told.append(try await reports.debtors(in: database).items)
            #expect(try await reports.employeesBelowZero(in: database) == 2)
            await database.close()
        }
        #expect(
            told[0] == [
                Debtor(userID: ann, name: String(ann.text.prefix(8)), balance: -1900, since: try day("22")),
                Debtor(userID: ben, name: "Ben", balance: -490, since: try day("21")),
            ]
        )
        #expect(told.allSatisfy { $0 == told[0] })
    }

    private func day(_ number: String) throws -> CalendarDate { try #require(CalendarDate("2026-11-\(number)")) }

    @Test func pagesOfThoseBelowZeroGoThereAndBackAlsoBetweenEqualBalances() async throws {
        let fixture = try AnalyticsFixture()
        try fixture.connection.execute(
            """
            WITH people AS (
                INSERT INTO analytics.users (user_id, role, balance)
                SELECT gen_random_uuid(), 'employee', -(n % 3) - 1 FROM generate_series(1, 120) AS n RETURNING *
            )
            INSERT INTO analytics.movements (event_id, user_id, ticket_id, kind, amount, day, at)
            SELECT gen_random_uuid(), user_id, gen_random_uuid(), 'commission', -balance, '2026-11-22', now() FROM people
            """
        )
        let database = try fixture.database
        var pages: [[Debtor.Key]] = []
        var place: ListPlace<Debtor.Key>? = .start
        var back: ListPlace<Debtor.Key>?
        while let here = place {
            let page = try await reports.debtors(at: here, in: database)
            pages.append(page.items.map(\.key))
            (place, back) = (page.next, page.previous)
        }
        #expect(pages.map(\.count) == [50, 50, 20] && Set(pages.joined()).count == 120)
        #expect(pages.flatMap { $0.map(\.balance) } == pages.flatMap { $0.map(\.balance) }.sorted())
        #expect(try await reports.debtors(at: try #require(back), in: database).items.map(\.key) == pages[1])
        await database.close()
    }

    @Test func theDearestTicketHasItsAssigneesName() async throws {
        let fixture = try AnalyticsFixture()
        var streams = TestStreams(contract: fixture.contract)
        let (ben, unknown) = (UUID.v7(), UUID.v7())
        try streams.append(UserCreated(userID: ben, role: .employee, name: "Ben", email: "ben@x.org"))
        try move(ben, 10, reward: 20, at: time("21T10:00"), in: &streams)
        try move(unknown, 10, reward: 20, at: time("22T10:00"), in: &streams)
        try fixture.harness.deliver(streams.deliveries.sorted { $0.key < $1.key }.flatMap(\.value))
        let database = try fixture.database
        func name(_ number: String) async throws -> String? {
            try await reports.mostExpensiveTicket(of: .day, around: day(number), in: database)?.assigneeName
        }
        #expect(try await name("21") == "Ben")
        #expect(try await name("22") == String(unknown.text.prefix(8)))
        #expect(try await name("20") == nil)
        await database.close()
    }

    @Test func whatWasEarnedLatelyIsToldForTodayYesterdayThisWeekAndTheOneBefore() async throws {
        let fixture = try AnalyticsFixture()
        var streams = TestStreams(contract: fixture.contract)
        let ben = UUID.v7()
        // The 16th and the 9th are Mondays.
        for (number, commission) in [
            ("08", 1), ("09", 10), ("15", 100), ("16", 1_000), ("17", 10_000), ("18", 100_000),
        ] {
            try move(ben, Int64(commission), at: time("\(number)T10:00"), in: &streams)
        }
        try fixture.harness.deliver(streams.deliveries.sorted { $0.key < $1.key }.flatMap(\.value))
        let database = try fixture.database
        let now = try time("18T12:00")
        let overview = try await Reports(timeZone: .gmt) { now }.overview(in: database)
        #expect(overview.today == .init(days: try day("18")...day("18"), earned: 100_000))
        #expect(overview.yesterday == .init(days: try day("17")...day("17"), earned: 10_000))
        #expect(overview.week == .init(days: try day("16")...day("18"), earned: 111_000))
        #expect(overview.weekBefore == .init(days: try day("09")...day("15"), earned: 110))
        // Yesterday may be of the week before.
        let monday = try time("16T12:00")
        #expect(try await Reports(timeZone: .gmt) { monday }.overview(in: database).yesterday.earned == 100)
        await database.close()
    }

    @Test func aRebuildIsToldUntilTheCheckpointsAreWhereTheyWere() async throws {
        let fixture = try AnalyticsFixture()
        let database = try fixture.database
        func read(_ partition: Int, upTo position: Int) async throws {
            try await database.execute(
                """
                INSERT INTO perch.checkpoints (topic, partition, position, group_name)
                VALUES ('tickets', \(partition)::bigint::int, \(position), 'analytics')
                ON CONFLICT (group_name, topic, partition) DO UPDATE SET position = excluded.position
                """
            )
        }
        func empty() throws {
            try fixture.connection.transaction { tx in try ReadModel(timeZone: .gmt).empty(in: tx) }
        }
        func told() async throws -> [Int64]? {
            try await reports.rebuild(in: database).map { [$0.replayed, $0.total] }
        }
        #expect(try await told() == nil)
        try await read(0, upTo: 60)
        try await read(1, upTo: 40)
        #expect(try await told() == nil)
        try empty()
        for partition in 0...1 { try await read(partition, upTo: 0) }
        #expect(try await told() == [0, 100])
        // What one partition has more than it had does not count for the other.
        try await read(0, upTo: 90)
        #expect(try await told() == [60, 100])
        // Emptied again on the way: it has to come as far as the farther of both times.
        try empty()
        for partition in 0...1 { try await read(partition, upTo: 0) }
        #expect(try await told() == [0, 130])
        try await read(0, upTo: 90)
        try await read(1, upTo: 39)
        #expect(try await told() == [129, 130])
        #expect(try await reports.rebuild(in: database)?.workers == 0)
        try await read(1, upTo: 41)
        #expect(try await told() == nil)
        await database.close()
    }
}
