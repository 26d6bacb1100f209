import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres
import Testing

@testable import Tracker

@Suite struct TicketTests {
    @Test func aNewTicketIsOpenAssignedAndPublished() throws {
        let fixture = try TrackerFixture()
        let employees = try fixture.hire(3)
        let ticket = try fixture.create("  Mend the coop ")
        #expect(ticket.title == "Mend the coop" && ticket.status == .open && employees.contains(ticket.assigneeID))
        #expect(
            try fixture.published() == [
                """
                ticket_created/2 {"ticket_id":"\(ticket.ticketID.text)","assignee_id":"\(ticket.assigneeID.text)",\
                "title":"Mend the coop"}
                """
            ]
        )
        let shown = try fixture.connection.query("SELECT title || ' ' || status FROM reporting.tickets") {
            try $0.decode(0, as: String.self)
        }
        #expect(shown == ["Mend the coop open"])
    }

    @Test func withoutAnEmployeeThereIsAnErrorAndNoTicket() throws {
        let fixture = try TrackerFixture()
        #expect { try fixture.create() } throws: { ($0 as? TicketError)?.code == .noEmployee }
        #expect(try fixture.published() == [])
        #expect(try fixture.connection.execute("SELECT FROM tracker.tickets") == 0)
    }

    @Test func titlesThatTheContractRefusesAreRefused() throws {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(1)
        for title in ["", "  \n ", String(repeating: "x", count: 501), "two\nlines", "nul\0"] {
            #expect { try fixture.create(title) } throws: { ($0 as? TicketError)?.code == .invalid }
        }
        _ = try fixture.create(String(repeating: "ü", count: 500))
        let data = try fixture.connection.query("SELECT data::text FROM perch.outbox") {
            try $0.decode(0, as: String.self)
        }
        #expect(fixture.contract.validate(Array(data[0].utf8), type: "ticket_created", version: 2).isEmpty)
    }

    @Test func employeesAreDrawnEvenlyAndNobodyElseIs() throws {
        let fixture = try TrackerFixture()
        let employees = try fixture.hire(10)
        var streams = TestStreams(contract: fixture.contract)
        for role in [Role.manager, .accountant, .admin] { try streams.append(UserCreated(userID: .v7(), role: role)) }
        try fixture.harness.deliver(Array(streams.deliveries.values.joined()))
        var generator = SplitMix64(seed: 11)
        var counts: [UUID: Int] = [:]
        let draws = 5_000
        try fixture.connection.transaction { tx in
            for _ in 0..<draws { counts[try #require(try Employees.draw(in: tx, using: &generator)), default: 0] += 1 }
        }
        #expect(Set(counts.keys) == Set(employees))
        let expected = Double(draws) / 10
        let chiSquare = counts.values.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        // 9 degrees of freedom: an even draw stays below this in 99.9 of 100 seeds.
        #expect(chiSquare < 27.9)
    }

    @Test func onlyTheAssigneeClosesAndOnlyOnce() throws {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(1)
        let ticket = try fixture.create()
        func close(_ id: UUID, by user: UUID) throws -> Ticket {
            try fixture.connection.transaction { tx in try fixture.tickets.close(id, by: user, in: tx) }
        }
        #expect { try close(ticket.ticketID, by: .v7()) } throws: { ($0 as? TicketError)?.code == .notAssignee }
        #expect { try close(.v7(), by: ticket.assigneeID) } throws: { ($0 as? TicketError)?.code == .notFound }
        let closed = try close(ticket.ticketID, by: ticket.assigneeID)
        #expect(closed.status == .closed && closed.closedAt != nil)
        #expect { try close(ticket.ticketID, by: ticket.assigneeID) } throws: { ($0 as? TicketError)?.code == .closed }
        #expect(try fixture.published().dropFirst() == [#"ticket_closed/1 {"ticket_id":"\#(ticket.ticketID.text)"}"#])
    }

    @Test func usersAreLearntOnceWhateverTheVersionTheOrderAndTheRepeats() throws {
        let fixture = try TrackerFixture()
        var streams = TestStreams(contract: fixture.contract)
        for index in 0..<40 {
            let isNamed = index.isMultiple(of: 2)
            try streams.append(
                UserCreated(
                    userID: .v7(),
                    role: index.isMultiple(of: 5) ? .manager : .employee,
                    name: isNamed ? "Ann" : nil,
                    email: isNamed ? "ann\(index)@x.org" : nil
                )
            )
        }
        for delivery in Array(streams.deliveries.values.joined()) { streams.appendAgain(delivery) }
        var generator = SplitMix64(seed: 3)
        func users() throws -> [String] {
            try fixture.connection.query("SELECT u::text FROM tracker.users u ORDER BY user_id") {
                try $0.decode(0, as: String.self)
            }
        }
        try fixture.harness.deliverAll(streams.deliveries, roundsOfUpTo: 7, using: &generator)
        let first = try users()
        try fixture.harness.deliverAll(streams.deliveries, roundsOfUpTo: 50, using: &generator)
        #expect(try users() == first && first.count == 40)
        let places = try fixture.connection.query("SELECT place FROM tracker.users WHERE place IS NOT NULL ORDER BY 1")
        {
            try $0.decode(0, as: Int.self)
        }
        #expect(places == Array(1...32))
    }

    @Test func askingAgainByTheSameIDGivesTheTicketThatThereIs() async throws {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(2)
        let (database, id, eve) = (try fixture.database, UUID.v7(), UUID.v7())
        let first = try await fixture.tickets.create(id: id, title: "Mend the coop", by: eve, in: database)
        #expect(first.ticketID == id)
        #expect(try await fixture.tickets.create(id: id, title: "Another", by: eve, in: database).title == first.title)
        await #expect {
            try await fixture.tickets.create(id: id, title: "Mine", by: .v7(), in: database)
        } throws: { ($0 as? TicketError)?.code == .idTaken }
        #expect(try fixture.published().count == 1)
        await database.close()
    }

    @Test func theSameClosingAgainIsNoErrorAndAnotherOneIs() async throws {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(1)
        let (database, closing) = (try fixture.database, UUID.v7())
        let ticket = try fixture.create()
        func close(_ closing: UUID?, _ user: UUID? = nil) async throws -> Ticket {
            try await fixture.tickets.close(ticket.ticketID, by: user ?? ticket.assigneeID, as: closing, in: database)
        }
        let closed = try await close(closing)
        #expect(closed.status == .closed)
        #expect(try await close(closing) == closed)
        for other in [nil, UUID.v7()] {
            await #expect { try await close(other) } throws: { ($0 as? TicketError)?.code == .closed }
        }
        await #expect { try await close(closing, .v7()) } throws: { ($0 as? TicketError)?.code == .notAssignee }
        #expect(try fixture.published().count == 2)
        await database.close()
    }
}
