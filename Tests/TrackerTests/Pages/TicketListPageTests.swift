import Foundation
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Tracker

@Suite("the list of tickets") struct TicketListPageTests {
    @Test func ticketsAreFoundByTitleIdStatusAndAssignee() async throws {
        try await TrackerOffice.serve { office in
            let (ben, eve) = (try await office.person("Ben"), try await office.person("Eve Long"))
            let coop = try office.ticket("Mend the coop", of: ben)
            let parrots = try office.ticket("Feed the parrots", of: eve)
            _ = try await office.fixture.tickets.close(
                parrots.ticketID,
                by: try #require(eve.user).id,
                in: office.database
            )
            let (benID, id) = (try #require(ben.user).id.text, coop.ticketID.text)
            for (query, finds) in [
                ("", [true, true]), ("?search=COOP", [true, false]), ("?search=\(id.prefix(30))", [true, false]),
                ("?status=open", [true, false]), ("?status=closed", [false, true]),
                ("?assignee=ben", [true, false]), ("?assignee=Eve+Long", [false, true]),
                ("?assignee=\(benID)", [true, false]), ("?assignee=me", [true, false]),
                ("?search=the&status=closed&assignee=eve", [false, true]), ("?search=%25%25%25x", [false, false]),
            ] {
                let page = try await ben.get("/tickets\(query)")
                #expect(page.status == 200)
                #expect(page.said.contains("Mend the coop") == finds[0], "\(query)")
                #expect(page.said.contains("Feed the parrots") == finds[1], "\(query)")
            }
            let named = try await ben.get("/tickets?assignee=\(benID)&status=open")
            #expect(named.said.contains("Assignee: Ben") && named.said.contains("1 match"))
            #expect(named.links(to: "/tickets?").contains("/tickets?assignee=\(benID)"))
        }
    }

    @Test func withoutTicketsThePageSaysWhatMakesOne() async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.pages.visitor(.accountant)
            #expect(try await ben.get("/tickets").said.contains("No ticket yet. Make the first one"))
            #expect(try await ben.get("/tickets?status=open").said.contains("No ticket is like this. All tickets"))
        }
    }

    @Test func whatCannotBeLookedForIsSaidAtItsFieldAndKept() async throws {
        try await TrackerOffice.serve { office in
            let (ben, ann) = (try await office.person("Ben A"), try await office.pages.visitor(.manager))
            _ = try await office.person("Ben B")
            for (query, words, kept) in [
                ("search=ab", "Write at least 3 letters of the title, or 8 of the id", #"value="ab""#),
                ("assignee=Nobody", "No employee is called so", #"value="Nobody""#),
                ("assignee=ben", "2 employees are called so: choose one below", #"value="ben""#),
            ] {
                let page = try await ann.get("/tickets?\(query)")
                #expect(page.body.contains("<title>Error: All tickets · popug</title>"))
                #expect(page.said.contains(words) && page.body.contains(kept), "\(query)")
            }
            let page = try await ann.get("/tickets?assignee=ben&status=open")
            let id = try #require(ben.user).id.text
            #expect(page.link("Ben A") == "/tickets?status=open&assignee=\(id)")
            for query in ["status=opened", "after=1", "before=x", "page=2"] {
                #expect(try await ann.get("/tickets?\(query)").status == 400, "\(query)")
            }
        }
    }

    @Test func thePagesLeadForthAndBackWithWhatIsLookedFor() async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.person("Ben")
            for number in 0..<101 { _ = try office.ticket("Ticket #\(number).") }
            let first = try await ben.get("/tickets?search=ticket&status=open")
            #expect(first.said.contains("101 match") && first.said.contains("#100.") && !first.said.contains("#50."))
            let second = try await ben.get(try #require(first.link("Older →")))
            #expect(second.said.contains("#50.") && second.said.contains("#1.") && second.said.contains("101 match"))
            let third = try await ben.get(try #require(second.link("Older →")))
            #expect(third.said.contains("#0.") && third.link("Older →") == nil)
            let back = try await ben.get(try #require(third.link("← Newer")))
            #expect(back.said.contains("#50.") && back.said.contains("#1.") && back.link("← Newer") != nil)
        }
    }

    @Test func ofManyItSaysThatMoreThanAThousandMatch() async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.person("Ben")
            try office.fixture.connection.execute(
                """
                INSERT INTO tracker.tickets (ticket_id, title, assignee_id, created_by, created_at)
                SELECT gen_random_uuid(), 'Ticket', \(try #require(ben.user).id), gen_random_uuid(), now()
                FROM generate_series(1, 1001)
                """
            )
            #expect(try await ben.get("/tickets").said.contains("more than 1,000 match"))
            #expect(try await ben.get("/tickets/mine").said.contains("1,001 tickets to do"))
        }
    }

    @Test(.timeLimit(.minutes(30))) func statusAndAssigneeChangeInPlace() async throws {
        try await TrackerOffice.serve { office in
            let (ben, eve) = (try await office.person("Ben"), try await office.person("Eve"))
            let (one, two) = (try office.ticket(of: ben), try office.ticket(of: ben))
            let stream = try #require(try await eve.get("/tickets").stream)
            let told = try await eve.live(stream, until: #"\#(one.ticketID.text)/status":"closed""#) {
                try office.give(two, to: try #require(eve.user).id)
                _ = try await office.fixture.tickets.close(
                    one.ticketID,
                    by: try #require(ben.user).id,
                    in: office.database
                )
            }
            #expect(told.contains(#""tickets/\#(two.ticketID.text)/assignee":"Eve""#))
        }
    }

    @Test func aStreamTakesNoMoreIdsThanAPageHas() async throws {
        try await TrackerOffice.serve { office in
            let ids = (0..<51).map { _ in UUID.v7().text }.joined(separator: ".")
            for path in ["/live?tickets=\(ids)", "/live?tickets=x", "/live?other=1"] {
                let answer = try await office.pages.visitor(.employee).get(path)
                #expect(answer.status == 400)
            }
        }
    }
}
