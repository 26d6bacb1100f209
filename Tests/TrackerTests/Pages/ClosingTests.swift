import Foundation
import HTTPTesting
import PageKit
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Tracker

@Suite("closing on pages") struct ClosingTests {
    private func form(_ visitor: PageVisitor, _ ticket: Ticket, on page: String) async throws -> ShownForm {
        try #require(try await visitor.get(page).form(to: "/tickets/\(ticket.ticketID.text)/close"))
    }

    @Test func theMessageLeadsOnceToTheRewardAndTheTicketIsGoneFromTheList() async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.person("Ben")
            let ticket = try office.ticket("Mend the <coop>", of: ben)
            let answer = try await ben.send(try await form(ben, ticket, on: "/tickets/mine"))
            #expect(answer.status == 303 && answer.header("Location") == "/tickets/mine")
            let page = try await ben.follow(answer)
            #expect(
                page.said.contains("Closed “Mend the <coop>”. The reward comes to your account in a moment: see it")
            )
            #expect(page.link("see it") == "http://127.0.0.1:8083/account?expect=\(ticket.ticketID.text)")
            #expect(page.said.contains("Nothing to do"))
            #expect(!(try await ben.get("/tickets/mine").said.contains("The reward comes")))
            #expect(try await ben.get("/tickets/mine?status=closed").said.contains("Mend the <coop>"))
            #expect(try office.events("ticket_closed") == 1)
        }
    }

    @Test func fromTheTicketsPageItLeadsBackThere() async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.person("Ben")
            let ticket = try office.ticket(of: ben)
            let path = "/tickets/\(ticket.ticketID.text)"
            let answer = try await ben.send(try await form(ben, ticket, on: path))
            #expect(answer.header("Location") == path)
            let page = try await ben.follow(answer)
            #expect(page.said.contains("Status closed") && page.form(to: path + "/close") == nil)
        }
    }

    @Test func theSameFormAgainOrTwiceAtOnceIsOneClosingAndNoError() async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.person("Ben")
            let ticket = try office.ticket(of: ben)
            let form = try await form(ben, ticket, on: "/tickets/mine")
            async let first = ben.send(form)
            async let second = ben.send(form)
            #expect(try await [first.status, second.status] == [303, 303])
            try await office.serveAgain { other in
                let again = try await ben.at(other.pages).send(form)
                #expect(again.status == 303)
            }
            #expect(try office.events("ticket_closed") == 1)
        }
    }

    @Test func anotherFormIsToldWhenItWasClosed() async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.person("Ben")
            let ticket = try office.ticket(of: ben)
            let form = try await form(ben, ticket, on: "/tickets/mine")
            let closed = try await office.fixture.tickets.close(
                ticket.ticketID,
                by: try #require(ben.user).id,
                in: office.database
            )
            let answer = try await ben.send(form)
            #expect(answer.status == 409)
            let time = PageClock(now: .now).timeOfDay(try #require(closed.closedAt)).prefix(5)
            #expect(answer.said.contains("It was closed at \(time) UTC already"))
            #expect(try office.events("ticket_closed") == 1)
        }
    }

    @Test func whoHasItNoMoreIsToldWhoseItIs() async throws {
        try await TrackerOffice.serve { office in
            let (ben, eve) = (try await office.person("Ben"), try await office.person("Eve"))
            let ticket = try office.ticket(of: eve)
            let form = try await form(eve, ticket, on: "/tickets/mine")
            try office.give(ticket, to: try #require(ben.user).id)
            let answer = try await eve.send(form)
            #expect(answer.status == 403)
            let time = PageClock(now: .now).timeOfDay(ticket.createdAt).prefix(5)
            #expect(answer.said.contains("It is Ben's since \(time) UTC: only they can close it"))
            _ = try await office.fixture.tickets.close(
                ticket.ticketID,
                by: try #require(ben.user).id,
                in: office.database
            )
            #expect(try await eve.send(form).said.contains("It was Ben's, and was closed at"))
        }
    }

    @Test func aTicketThatIsNotThereIsNotFound() async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.person("Ben")
            let ticket = try office.ticket(of: ben)
            let form = try await form(ben, ticket, on: "/tickets/mine")
            try office.fixture.connection.execute("DELETE FROM tracker.tickets")
            let answer = try await ben.send(form)
            #expect(answer.status == 404 && answer.said.contains("No such ticket"))
        }
    }
}
