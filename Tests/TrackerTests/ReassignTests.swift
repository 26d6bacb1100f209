import Foundation
import LocalServers
import Perch
import PerchTesting
import PopugEvents
import Postgres
import Testing

@testable import Tracker

@Suite(.serialized) struct ReassignTests {
    private func fill(_ fixture: TrackerFixture, open: Int, closed: Int = 0) throws {
        try fixture.connection.execute(
            """
            INSERT INTO tracker.tickets (ticket_id, title, assignee_id, status, created_by, created_at, closed_at)
            SELECT gen_random_uuid(), 'Ticket ' || n, (SELECT user_id FROM tracker.users WHERE place = 1),
                CASE WHEN n <= \(open) THEN 'open' ELSE 'closed' END, gen_random_uuid(), now(),
                CASE WHEN n <= \(open) THEN NULL ELSE now() END
            FROM generate_series(1, \(open + closed)) AS n
            """
        )
    }

    @Test func everyOpenTicketIsDrawnAnewAndPublishesThat() throws {
        let fixture = try TrackerFixture()
        let employees = try fixture.hire(4)
        try fill(fixture, open: 400, closed: 10)
        var generator = SplitMix64(seed: 5)
        let count = try fixture.connection.transaction { tx in
            try fixture.tickets.reassignAll(in: tx, using: &generator)
        }
        #expect(count == 400)
        let shares = try fixture.connection.query(
            "SELECT count(*) FROM tracker.tickets WHERE status = 'open' GROUP BY assignee_id"
        ) { try $0.decode(0, as: Int.self) }
        #expect(shares.count == employees.count && shares.allSatisfy { (60...140).contains($0) })
        // What was published is what is there, and fits the contract.
        let mismatches = try fixture.connection.execute(
            """
            SELECT FROM tracker.tickets t FULL JOIN perch.outbox o ON o.key = t.ticket_id::text
            WHERE (t.status = 'open') <> (o.key IS NOT NULL) OR o.data->>'assignee_id' <> t.assignee_id::text
                OR o.type <> 'ticket_reassigned'
            """
        )
        #expect(mismatches == 0)
        let data = try fixture.connection.query("SELECT data::text FROM perch.outbox LIMIT 1") {
            try $0.decode(0, as: String.self)
        }
        #expect(fixture.contract.validate(Array(data[0].utf8), type: "ticket_reassigned", version: 1).isEmpty)
    }

    @Test func withNothingOpenNothingHappensAndWithoutEmployeesItIsAnError() throws {
        let fixture = try TrackerFixture()
        var generator = SystemRandomNumberGenerator()
        #expect(
            try fixture.connection.transaction { tx in try fixture.tickets.reassignAll(in: tx, using: &generator) } == 0
        )
        _ = try fixture.hire(1)
        try fill(fixture, open: 1)
        try fixture.connection.execute("DELETE FROM tracker.users")
        #expect {
            try fixture.connection.transaction { tx in try fixture.tickets.reassignAll(in: tx, using: &generator) }
        } throws: { ($0 as? TicketError)?.code == .noEmployee }
        #expect(try fixture.published() == [])
    }

    @Test func aHundredThousandOpenTicketsAreReassignedInOneTransactionWhileOthersRead() async throws {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(200)
        try fill(fixture, open: 100_000, closed: 20_000)
        let (database, url, tickets) = (try fixture.database, fixture.url, fixture.tickets)
        // A press that has done its work and is not committed yet: readers see the state before, and do not wait.
        let clock = ContinuousClock()
        let start = clock.now
        let done = try await database.transaction { tx in
            var generator = SystemRandomNumberGenerator()
            let count = try tickets.reassignAll(in: tx, using: &generator)
            try tx.flush()
            let reader = try PostgresConnection(PostgresConfiguration(url: url))
            let seen = try reader.query("SELECT count(DISTINCT assignee_id) FROM tracker.tickets") {
                try $0.decode(0, as: Int.self)
            }
            #expect(seen == [1])
            return count
        }
        let duration = start.duration(to: clock.now)
        print("100,000 open tickets reassigned in \(duration)")
        #expect(done == 100_000)
        #expect(try fixture.connection.execute("SELECT FROM perch.outbox") == 100_000)
        await database.close()
    }

    @Test func aCloseWaitsForAReassignmentAndThenGoesByItsOutcome() async throws {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(2)
        let ticket = try fixture.create()
        let employees = try fixture.connection.transaction { tx in try Employees.all(in: tx) }
        let other = try #require(employees.first { $0 != ticket.assigneeID })
        let (database, url, tickets) = (try fixture.database, fixture.url, fixture.tickets)
        let closing = try await database.transaction { tx in
            // The draw goes to the other one.
            var generator = Repeating(other == employees[0] ? 0 : .max)
            _ = try tickets.reassignAll(in: tx, using: &generator)
            try tx.flush()
            let closing = Task { try await tickets.close(ticket.ticketID, by: ticket.assigneeID, in: database) }
            try Self.awaitLockWaiter(url)
            return closing
        }
        let result = await closing.result
        #expect { try result.get() } throws: { ($0 as? TicketError)?.code == .notAssignee }
        _ = try await tickets.close(ticket.ticketID, by: other, in: database)
        #expect(
            try fixture.published().map { $0.prefix { $0 != "/" } } == [
                "ticket_created", "ticket_reassigned", "ticket_closed",
            ]
        )
        await database.close()
    }

    @Test func aReassignmentWaitsForACloseAndLeavesTheTicketAlone() async throws {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(2)
        let ticket = try fixture.create()
        let (database, url, tickets) = (try fixture.database, fixture.url, fixture.tickets)
        let reassigning = try await database.transaction { tx in
            _ = try tickets.close(ticket.ticketID, by: ticket.assigneeID, in: tx)
            try tx.flush()
            let reassigning = Task { try await tickets.reassignAll(in: database) }
            try Self.awaitLockWaiter(url)
            return reassigning
        }
        #expect(try await reassigning.value == 0)
        #expect(try fixture.published().count == 2)
        await database.close()
    }

    @Test func twoPressesFollowEachOther() async throws {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(3)
        try fill(fixture, open: 50)
        let (database, url, tickets) = (try fixture.database, fixture.url, fixture.tickets)
        let second = try await database.transaction { tx in
            var generator = SystemRandomNumberGenerator()
            _ = try tickets.reassignAll(in: tx, using: &generator)
            try tx.flush()
            let second = Task { try await tickets.reassignAll(in: database) }
            try Self.awaitLockWaiter(url)
            return second
        }
        #expect(try await second.value == 50)
        // The last event of each ticket tells who has it.
        let mismatches = try fixture.connection.execute(
            """
            SELECT FROM tracker.tickets t WHERE assignee_id::text <> (
                SELECT o.data->>'assignee_id' FROM perch.outbox o WHERE o.key = t.ticket_id::text ORDER BY sequence DESC LIMIT 1
            )
            """
        )
        #expect(mismatches == 0)
        #expect(try fixture.published().count == 100)
        await database.close()
    }

    /// Blocks until some session of the database waits for a lock.
    private static func awaitLockWaiter(_ url: String) throws {
        let watcher = try PostgresConnection(PostgresConfiguration(url: url))
        while try watcher.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ) == 0 {}
    }
}

/// Always draws the same.
private struct Repeating: RandomNumberGenerator {
    let value: UInt64
    init(_ value: UInt64) { self.value = value }
    func next() -> UInt64 { value }
}
