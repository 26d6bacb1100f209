import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit
import Testing

@testable import Tracker

@Suite struct SearchTests {
    private func titles(_ found: FoundTickets) -> [String] { found.page.items.map(\.ticket.title) }

    private func fill(_ fixture: TrackerFixture, _ count: Int, title: String = "Ticket") throws {
        // Ids in the order of their making, as those of version 7 are.
        try fixture.connection.execute(
            """
            INSERT INTO tracker.tickets (ticket_id, title, assignee_id, status, created_by, created_at, closed_at)
            SELECT lpad(to_hex(1000000 + n), 32, '0')::uuid, \(title) || ' ' || n,
                (SELECT user_id FROM tracker.users WHERE place = 1 + n % (SELECT max(place) FROM tracker.users)),
                CASE n % 2 WHEN 0 THEN 'open' ELSE 'closed' END, gen_random_uuid(), now(),
                CASE n % 2 WHEN 0 THEN NULL ELSE now() END
            FROM generate_series(1, \(count)) AS n
            """
        )
        try fixture.connection.execute("ANALYZE tracker.tickets")
        try fixture.connection.execute("ANALYZE tracker.titles")
    }

    @Test func aTicketIsFoundByThreeLettersOfItsTitleInAnyCaseAndByEightOfItsID() async throws {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(2)
        let coop = try fixture.create("Mend the coop")
        _ = try fixture.create("Насест: 100% ёлки_палки\\")
        _ = try fixture.create("Sweep the yard")
        let database = try fixture.database
        func found(_ text: String) async throws -> [String] {
            titles(try await fixture.tickets.search(TicketSearch(text: text), in: database))
        }
        for text in ["coop", "COOP", "the coop", " end ", "Mend the coop", "co\u{200B}op\0"] {
            #expect(try await found(text) == ["Mend the coop"], "\(text)")
        }
        #expect(try await found("the") == ["Sweep the yard", "Mend the coop"])
        for text in ["ёлк", "НАСЕСТ", "100%", "ёлки_палки", "палки\\"] {
            #expect(try await found(text).count == 1, "\(text)")
        }
        // What ILIKE means by them is not what people do.
        for text in ["M%coop", "Mend_the", "c%op", String(repeating: "a", count: 10_000)] {
            #expect(try await found(text) == [], "\(text)")
        }
        let id = coop.ticketID.text
        for text in [id, id.uppercased(), String(id.prefix(20)), id.filter { $0 != "-" }] {
            #expect(try await found(text) == ["Mend the coop"], "\(text)")
        }
        // Tickets of one minute have the first letters of their ids in common.
        #expect(try await found(String(id.prefix(8))).contains("Mend the coop"))
        await database.close()
    }

    @Test(arguments: ["ab", "a", "ab!", "%%%", "___", " x ", "a\0b"])
    func aTextThatNoIndexFindsIsRefused(_ text: String) {
        #expect { try TicketSearch(text: text) } throws: { error in
            (error as? TicketError)?.code == .invalid && (error as? TicketError)?.field == "search"
        }
    }

    @Test func aBlankTextAsksForNothing() throws {
        #expect(try TicketSearch(text: "  ") == TicketSearch())
    }

    @Test func filtersOfStatusAndAssigneeHoldWithAndWithoutAText() async throws {
        let fixture = try TrackerFixture()
        let employees = try fixture.hire(2)
        try fill(fixture, 40)
        let database = try fixture.database
        for text in [nil, "Ticket"] {
            for status in [nil, Ticket.Status.open, .closed] {
                for assignee in [nil, employees[0]] {
                    let search = try TicketSearch(text: text, status: status, assignee: assignee)
                    let found = try await fixture.tickets.search(search, in: database)
                    let all = try await fixture.tickets.list(
                        status: status,
                        assignee: assignee,
                        limit: 100,
                        in: database
                    )
                    #expect(found.page.items.map(\.ticket) == all)
                    #expect(found.count == all.count && !found.isMoreThanCounted)
                }
            }
        }
        await database.close()
    }

    @Test(arguments: [nil, "Ticket"]) func pagesGoThereAndBackAndHoldEveryTicketOnce(_ text: String?) async throws {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(3)
        try fill(fixture, 120)
        let database = try fixture.database
        let search = try TicketSearch(text: text)
        var pages: [[UUID]] = []
        var place: ListPlace<UUID>? = .start
        var back: ListPlace<UUID>?
        while let here = place {
            let page = try await fixture.tickets.search(search, at: here, in: database).page
            #expect((page.previous == nil) == (here == .start))
            pages.append(page.items.map(\.ticket.ticketID))
            (place, back) = (page.next, page.previous)
        }
        #expect(pages.map(\.count) == [50, 50, 20])
        let all = pages.flatMap { $0 }
        #expect(all == all.sorted { $0.text > $1.text })
        var returned: [[UUID]] = []
        while let here = back {
            let page = try await fixture.tickets.search(search, at: here, in: database).page
            #expect(page.next != nil)
            returned.append(page.items.map(\.ticket.ticketID))
            back = page.previous
        }
        #expect(returned == [pages[1], pages[0]])
        await database.close()
    }

    @Test func atMostAThousandAreCountedAndOneMoreSaysThatThereAreMore() async throws {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(1)
        let database = try fixture.database
        try fill(fixture, 1_000)
        func counts() async throws -> [Int] {
            [
                try await fixture.tickets.search(TicketSearch(), in: database).count,
                try await fixture.tickets.search(TicketSearch(text: "icke"), in: database).count,
            ]
        }
        #expect(try await counts() == [1_000, 1_000])
        _ = try fixture.create("Ticket the last")
        _ = try fixture.create("Ticket the very last")
        #expect(try await counts() == [1_001, 1_001])
        #expect(try await fixture.tickets.search(TicketSearch(), in: database).isMoreThanCounted)
        await database.close()
    }

    @Test func ticketsHaveTheNamesOfTheirPeopleAndSinceWhenTheyAreAssigned() async throws {
        let fixture = try TrackerFixture()
        var streams = TestStreams(contract: fixture.contract)
        let (ben, ann, stranger) = (UUID.v7(), UUID.v7(), UUID.v7())
        try streams.append(UserCreated(userID: ben, role: .employee, name: "Ben", email: "ben@x.org"))
        try streams.append(UserCreated(userID: ann, role: .manager, name: "Ann", email: "ann@x.org"))
        try fixture.harness.deliver(Array(streams.deliveries.values.joined()))
        let database = try fixture.database
        let ticket = try await fixture.tickets.create(title: "Mend the coop", by: ann, in: database)
        let shown = try #require(try await fixture.tickets.shown(ticket.ticketID, in: database))
        #expect(shown.ticket == ticket && shown.assignedAt == ticket.createdAt)
        #expect(shown.assigneeName == "Ben" && shown.creatorName == "Ann")
        #expect(try await fixture.tickets.search(TicketSearch(), in: database).page.items == [shown])

        let other = try await fixture.tickets.create(title: "Sweep", by: stranger, in: database)
        let both = try await fixture.tickets.shown([ticket.ticketID, other.ticketID, .v7()], in: database)
        #expect(both.map(\.creatorName) == [String(stranger.text.prefix(8)), "Ann"])

        _ = try await fixture.tickets.reassignAll(in: database)
        let reassigned = try #require(try await fixture.tickets.shown(ticket.ticketID, in: database))
        let told = try fixture.connection.query(
            "SELECT time FROM perch.outbox WHERE type = 'ticket_reassigned' AND key = \(ticket.ticketID.text)"
        ) { try $0.decode(0, as: Timestamp.self) }
        #expect([reassigned.assignedAt] == told)
        await database.close()
    }

    @Test func employeesAreFoundByNameAndIDToChooseOneFrom() async throws {
        let fixture = try TrackerFixture()
        var streams = TestStreams(contract: fixture.contract)
        let people: [(role: Role, name: String?)] = [
            (.employee, "Zoe"), (.employee, "ben"), (.manager, "Benny"), (.employee, "Ann"), (.employee, nil),
        ]
        var ids: [UUID] = []
        for person in people {
            ids.append(.v7())
            let email = person.name.map { "\($0)@x.org" }
            try streams.append(
                UserCreated(userID: ids[ids.count - 1], role: person.role, name: person.name, email: email)
            )
        }
        try fixture.harness.deliver(Array(streams.deliveries.values.joined()))
        let database = try fixture.database
        let all = try await fixture.tickets.employees(in: database)
        #expect(all.map(\.name).filter { $0 != String(ids[4].text.prefix(8)) } == ["Ann", "ben", "Zoe"])
        #expect(all.count == 4)
        #expect(try await fixture.tickets.employees(named: "BEN", in: database).map(\.userID) == [ids[1]])
        #expect(try await fixture.tickets.employees(named: ids[4].text, in: database).map(\.userID) == [ids[4]])
        #expect(try await fixture.tickets.employees(named: "%", in: database).isEmpty)
        #expect(try await fixture.tickets.employees(limit: 1, in: database).count == 1)
        await database.close()
    }

    @Test func whatFewTitlesHaveIsFoundByTheIndexAndWhatAllHaveByTheOrderOfTheList() throws {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(20)
        try fill(fixture, 100_000)
        _ = try fixture.create("Mend the coop")
        func scans(_ search: TicketSearch, _ count: Int) throws -> [Int] {
            try fixture.connection.transaction { tx in
                // They count on where the transactions before have ended.
                let before = try Self.scans(in: tx)
                #expect(try fixture.tickets.search(search, in: tx).count == count)
                return zip(try Self.scans(in: tx), before).map { $0 - $1 }
            }
        }
        #expect(try scans(TicketSearch(text: "coop"), 1) == [2, 0])
        #expect(try scans(TicketSearch(text: "coop", status: .closed), 0) == [2, 0])
        #expect(try scans(TicketSearch(text: "0000000f4241"), 0) == [2, 0])
        #expect(try scans(TicketSearch(text: "Ticket", status: .open), 1_001)[0] == 0)
        #expect(try scans(TicketSearch(), 1_001)[0] == 0)
    }

    /// Of the index of titles, and of both tables whole, by this session.
    private static func scans(in tx: borrowing Transaction) throws -> [Int] {
        try tx.query(
            """
            SELECT pg_stat_get_xact_numscans('tracker.titles_by_letters'::regclass) AS letters,
                pg_stat_get_xact_numscans('tracker.titles'::regclass)
                    + pg_stat_get_xact_numscans('tracker.tickets'::regclass) AS whole
            """
        ) { [try $0.decode("letters", as: Int.self), try $0.decode("whole", as: Int.self)] }[0]
    }

    @Test func titlesOfBeforeAreFoundAfterTheMigration() async throws {
        let fixture = try TrackerFixture(upTo: 3)
        let id = UUID.v7()
        try fixture.connection.execute(
            """
            INSERT INTO tracker.tickets (ticket_id, title, assignee_id, created_by, created_at)
            VALUES (\(id), 'Mend the coop', \(id), \(id), now())
            """
        )
        try fixture.migrate()
        let database = try fixture.database
        let found = try await fixture.tickets.search(TicketSearch(text: "coop"), in: database).page.items
        #expect(found.map(\.ticket.ticketID) == [id])
        // Since when it is assigned nobody has noted.
        #expect(found.map(\.assignedAt) == [nil])
        await database.close()
    }

    @Test func theExtensionMayBeThereAlreadyInAnotherSchema() throws {
        let fixture = try TrackerFixture(upTo: 3)
        try fixture.connection.executeScript(#"CREATE SCHEMA "of others"; CREATE EXTENSION pg_trgm SCHEMA "of others""#)
        try fixture.migrate()
        #expect(try fixture.connection.execute("SELECT 'tracker.titles_by_letters'::regclass") == 1)
    }
}
