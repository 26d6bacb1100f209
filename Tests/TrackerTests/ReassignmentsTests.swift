import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres
import Synchronization
import Testing

@testable import Tracker

@Suite struct ReassignmentsTests {
    private let presses = Reassignments()
    private let eve = UUID.v7()

    private func office(tickets: Int) throws -> TrackerFixture {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(3)
        for number in 0..<tickets { _ = try fixture.create("Ticket \(number)") }
        return fixture
    }

    private func events(_ fixture: TrackerFixture) throws -> Int {
        try fixture.published().filter { $0.hasPrefix("ticket_reassigned") }.count
    }

    @Test func aPressThatIsSentAgainIsOneAndTellsTheSame() async throws {
        let fixture = try office(tickets: 4)
        let database = try fixture.database
        let id = UUID.v7()
        let first = try await presses.press(id, by: eve, in: database)
        #expect(first.state == .finished && first.tickets == 4 && first.by == eve && first.finishedAt != nil)
        #expect(try await presses.press(id, by: eve, in: database) == first)
        #expect(try await presses.reassignment(id, in: database) == first)
        #expect(try events(fixture) == 4)
        _ = try await presses.press(.v7(), by: eve, in: database)
        #expect(try events(fixture) == 8)
        await database.close()
    }

    @Test func thePressOfSomebodyElseIsNotFound() async throws {
        let fixture = try office(tickets: 1)
        let database = try fixture.database
        let id = UUID.v7()
        _ = try await presses.press(id, by: eve, in: database)
        await #expect {
            try await presses.press(id, by: .v7(), in: database)
        } throws: { ($0 as? TicketError)?.code == .notFound }
        #expect(try await presses.reassignment(.v7(), in: database) == nil)
        #expect(try events(fixture) == 1)
        await database.close()
    }

    @Test func theSamePressTwiceAtOnceIsDoneOnceAndTheSecondIsToldThatItIsUnderWay() async throws {
        let fixture = try office(tickets: 3)
        let database = try fixture.database
        let (presses, eve, url, id) = (presses, eve, fixture.url, UUID.v7())
        let during = Mutex<[Reassignment.State]>([])
        let first = try await presses.press(id, by: eve, in: database) { progress in
            guard progress.isCommitting else { return }
            // On a connection of its own: this thread is in the midst of the first press.
            let second = try? PostgresConnection(PostgresConfiguration(url: url)).transaction { tx in
                var generator = SystemRandomNumberGenerator()
                try presses.run(id, by: eve, in: tx, using: &generator)
                return try presses.latest(in: tx)
            }
            during.withLock { $0 = second?.map(\.state) ?? [] }
        }
        #expect(first.state == .finished && first.tickets == 3)
        #expect(during.withLock { $0 } == [.underWay])
        #expect(try events(fixture) == 3)
        await database.close()
    }

    @Test func aPressIsUnderWayAsLongAsItsTransactionIsOpenAndStoppedWhereThatEndedWithoutACommit() async throws {
        let fixture = try office(tickets: 2)
        let database = try fixture.database
        let (first, second) = (UUID.v7(), UUID.v7())
        struct Crash: Error {}
        let eve = eve
        func row(_ id: UUID, at time: String) async throws {
            try await database.execute(
                "INSERT INTO tracker.reassignments (id, by_user, at) VALUES (\(id), \(eve), \(time)::text::timestamptz)"
            )
        }
        try await row(first, at: "2026-11-22T12:00:00Z")
        try await row(second, at: "2026-11-22T12:00:01Z")
        #expect(try await presses.reassignment(first, in: database)?.state == .stopped)
        #expect(try await presses.ahead(of: second, in: database) == nil)

        let seen = Mutex<[Reassignment]>([])
        let (presses, url) = (presses, fixture.url)
        await #expect(throws: Crash.self) {
            try await database.transaction { tx in
                var generator = SystemRandomNumberGenerator()
                try presses.run(first, by: eve, in: tx, using: &generator)
                try tx.flush()
                let others = try PostgresConnection(PostgresConfiguration(url: url)).transaction { other in
                    try presses.latest(in: other) + [presses.ahead(of: second, in: other)].compactMap { $0 }
                }
                seen.withLock { $0 = others }
                throw Crash()
            }
        }
        let reassignments = seen.withLock { $0 }
        #expect(reassignments.map(\.id) == [second, first, first])
        #expect(reassignments.map(\.state) == [.stopped, .underWay, .underWay])
        #expect(reassignments.allSatisfy { $0.tickets == nil })
        #expect(try await presses.reassignment(first, in: database)?.state == .stopped)
        #expect(try events(fixture) == 0)
        // Pressed again it is done.
        #expect(try await presses.press(first, by: eve, in: database).tickets == 2)
        #expect(try await presses.ahead(of: second, in: database) == nil)
        await database.close()
    }

    @Test func aSecondPressWaitsBehindTheFirst() async throws {
        let fixture = try office(tickets: 5)
        let (database, eve, presses) = (try fixture.database, eve, presses)
        let (first, second) = (UUID.v7(), UUID.v7())
        let url = fixture.url
        let waiting = Mutex<(task: Task<Reassignment, any Error>, ahead: UUID?)?>(nil)
        _ = try await presses.press(first, by: eve, in: database) { progress in
            guard progress.isCommitting else { return }
            let task = Task { try await presses.press(second, by: eve, in: database) }
            let ahead = try? Self.awaitedPress(url, second, presses)
            waiting.withLock { $0 = (task, ahead) }
        }
        let (task, ahead) = try #require(waiting.withLock { $0 })
        #expect(ahead == first)
        #expect(try await task.value.tickets == 5)
        #expect(try events(fixture) == 10)
        #expect(try await presses.latest(in: database).map(\.id) == [second, first])
        await database.close()
    }

    @Test func theProgressGoesFromNothingToAllByChunks() throws {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(2)
        try fixture.connection.execute(
            """
            INSERT INTO tracker.tickets (ticket_id, title, assignee_id, created_by, created_at)
            SELECT gen_random_uuid(), 'Ticket', gen_random_uuid(), gen_random_uuid(), now() FROM generate_series(1, 12000)
            """
        )
        var told: [ReassignmentProgress] = []
        try fixture.connection.transaction { tx in
            var generator = SystemRandomNumberGenerator()
            _ = try fixture.tickets.reassignAll(in: tx, using: &generator) { told.append($0) }
        }
        #expect(told.map(\.drawn) == [0, 5_000, 10_000, 12_000])
        #expect(told.allSatisfy { $0.total == 12_000 })
        #expect(told.map(\.isCommitting) == [false, false, false, true])
    }

    @Test func theOutlookTellsHowManyTicketsGoToHowManyEmployees() async throws {
        let fixture = try office(tickets: 2)
        let database = try fixture.database
        let done = try fixture.create()
        _ = try await fixture.tickets.close(done.ticketID, by: done.assigneeID, in: database)
        #expect(
            try await presses.outlook(in: database) == ReassignmentOutlook(openTickets: 2, employees: 3)
        )
        let empty = try TrackerFixture()
        let other = try empty.database
        #expect(try await presses.outlook(in: other) == ReassignmentOutlook(openTickets: 0, employees: 0))
        await database.close()
        await other.close()
    }

    @Test func theLastFiveAreToldWithTheNamesOfThoseWhoPressed() async throws {
        let fixture = try TrackerFixture()
        let database = try fixture.database
        var streams = TestStreams(contract: fixture.contract)
        try streams.append(UserCreated(userID: eve, role: .manager, name: "Eve", email: "eve@x.org"))
        try fixture.harness.deliver(Array(streams.deliveries.values.joined()))
        var ids: [UUID] = []
        for number in 0..<6 {
            ids.append(.v7())
            try await database.execute(
                """
                INSERT INTO tracker.reassignments (id, by_user, at)
                VALUES (\(ids[number]), \(eve), timestamptz '2026-11-22T12:00:00Z' + \(number) * interval '1 second')
                """
            )
        }
        let latest = try await presses.latest(in: database)
        #expect(latest.map(\.id) == Array(ids.reversed().prefix(5)))
        #expect(latest.allSatisfy { $0.byName == "Eve" })
        await database.close()
    }

    /// What a press waits for, once some session of the database waits for a lock of this kind.
    private static func awaitedPress(_ url: String, _ id: UUID, _ presses: Reassignments) throws -> UUID? {
        let watcher = try PostgresConnection(PostgresConfiguration(url: url))
        while try watcher.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
        ) == 0 {}
        return try watcher.transaction { tx in try presses.ahead(of: id, in: tx)?.id }
    }
}
