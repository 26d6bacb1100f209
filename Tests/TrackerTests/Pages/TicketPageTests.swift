import Foundation
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Tracker

@Suite("the page of a ticket") struct TicketPageTests {
    private static let hostile = [
        "<script>alert(1)</script>", "\"><img onerror=alert(1)>", "{{title}}", String(repeating: "x", count: 500),
    ]

    @Test func itTellsWhatBecameOfTheTicket() async throws {
        try await TrackerOffice.serve { office in
            let (ben, eve) = (try await office.person("Ben"), try await office.person("Eve", .manager))
            let ticket = try await office.fixture.tickets.create(
                title: "Mend the coop",
                description: "The door sticks.\nOil it: https://x.example\n\nThen paint it.",
                by: try #require(eve.user).id,
                in: office.database
            )
            let path = "/tickets/\(ticket.ticketID.text)"
            let page = try await eve.get(path)
            #expect(page.body.contains("<title>Mend the coop · popug</title>"))
            for words in ["Status open", "Assignee Ben", "by Eve", "Closed –", ticket.ticketID.text] {
                #expect(page.said.contains(words), "\(words)")
            }
            #expect(page.body.contains("<p>The door sticks.<br>\nOil it: https://x.example</p><p>Then paint it.</p>"))
            // Closing is its assignee's alone.
            #expect(page.form(to: path + "/close") == nil)
            #expect(try await ben.get(path).form(to: path + "/close") != nil)
        }
    }

    @Test(arguments: ["/tickets/0190", "/tickets/0190f6d2-0000-7000-8000-000000000000"])
    func whereThereIsNoneThePageHelpsToFindOne(_ path: String) async throws {
        try await TrackerOffice.serve { office in
            let page = try await office.pages.visitor(.employee).get(path)
            #expect(page.status == 404)
            #expect(page.said.contains("No such ticket") && page.body.contains(#"action="/tickets""#))
            #expect(page.body.contains(#"name="search""#))
        }
    }

    @Test(arguments: hostile) func whatStrangersWriteIsText(_ title: String) async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.person("Ben \(title.prefix(100))")
            let ticket = try await office.fixture.tickets.create(
                title: title,
                description: title,
                by: try #require(ben.user).id,
                in: office.database
            )
            for path in [
                "/tickets", "/tickets/mine", "/tickets/\(ticket.ticketID.text)", "/tickets?search=\(title.prefix(1))xx",
            ] {
                let page = try await ben.get(path.replacing("<", with: "%3C").replacing("\"", with: "%22"))
                #expect(!page.body.contains("<script>alert") && !page.body.contains("<img"), "\(path)")
            }
            let page = try await ben.get("/tickets/\(ticket.ticketID.text)")
            #expect(title.contains("<") || page.said.contains(title))
        }
    }

    @Test(.timeLimit(.minutes(30))) func itIsKeptFresh() async throws {
        try await TrackerOffice.serve { office in
            let (ben, eve) = (try await office.person("Ben"), try await office.person("Eve"))
            let ticket = try office.ticket(of: ben)
            let stream = try #require(try await eve.get("/tickets/\(ticket.ticketID.text)").stream)
            let told = try await eve.live(stream, until: #"status":"closed""#) {
                try office.give(ticket, to: try #require(eve.user).id)
                _ = try await office.fixture.tickets.close(
                    ticket.ticketID,
                    by: try #require(eve.user).id,
                    in: office.database
                )
            }
            #expect(told.contains(#"assignee":"Eve""#) && told.contains(#"closed":"now""#))
        }
    }
}
