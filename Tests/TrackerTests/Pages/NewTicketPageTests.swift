import Foundation
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Tracker

@Suite("making a ticket on a page") struct NewTicketPageTests {
    private func form(_ visitor: PageVisitor) async throws -> ShownForm {
        try #require(try await visitor.get("/tickets/new").form(to: "/tickets/new"))
    }

    @Test func theTicketIsShownAndToWhomItWent() async throws {
        try await TrackerOffice.serve { office in
            _ = try await office.person("Ben")
            let ann = try await office.person("Ann", .accountant)
            let sent = try await form(ann).with("title", " Mend the coop ").with("description", "Before winter")
            let answer = try await ann.send(sent)
            let id = try #require(sent.fields.first { $0.0 == "form" }?.1)
            #expect(answer.status == 303 && answer.header("Location") == "/tickets/\(id)")
            let page = try await ann.follow(answer)
            #expect(page.said.contains("“Mend the coop” went to Ben") && page.said.contains("Before winter"))
        }
    }

    @Test func aFormThatIsSentAgainMakesOneTicketAlsoAtAnotherProcess() async throws {
        try await TrackerOffice.serve { office in
            _ = try await office.person("Ben")
            let ann = try await office.person("Ann", .manager)
            let sent = try await form(ann).with("title", "Mend the coop")
            async let first = ann.send(sent)
            async let second = ann.send(sent)
            let targets = try await [first, second].map { $0.header("Location") }
            #expect(targets[0]?.hasPrefix("/tickets/") == true && targets[0] == targets[1])
            try await office.serveAgain { other in
                let again = try await ann.at(other.pages).send(sent.with("title", "Another title"))
                #expect(again.header("Location") == targets[0])
            }
            #expect(try office.events("ticket_created") == 1)
            #expect(try await ann.get("/tickets").said.contains("Mend the coop"))
        }
    }

    @Test func nobodyMakesOrSeesATicketByTheFormOfSomebodyElse() async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.person("Ben")
            let ticket = try office.ticket("Mend the coop")
            let sent = try await form(ben).with("title", "Mine").with("form", ticket.ticketID.text)
            let answer = try await ben.send(sent)
            #expect(answer.status == 422 && answer.said.contains("This form was sent by somebody else"))
            #expect(answer.field("form") != ticket.ticketID.text)
            #expect(answer.body.contains(#"value="Mine""#))
            #expect(try office.events("ticket_created") == 1)
        }
    }

    @Test(arguments: ["", "1", "ffffffff-ffff-7fff-bfff-ffffffffffff", "00000000-0000-7000-8000-000000000000"])
    func anIdThatWasNotMadeLatelyMakesNone(_ id: String) async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.person("Ben")
            let answer = try await ben.send(try await form(ben).with("title", "Mine").with("form", id))
            #expect(answer.status == 422 && answer.said.contains("This form is old"))
            #expect(try office.events("ticket_created") == 0)
            // What it answers can be sent.
            #expect(try await ben.send(try #require(answer.form(to: "/tickets/new"))).status == 303)
        }
    }

    @Test(arguments: [
        ("", "Write a title"), ("  ", "Write a title"),
        (String(repeating: "x", count: 501), "Write at most 500 characters: these are 501 characters"),
        ("evil\u{202E}txt", "Expected one line of visible characters, got U+202E"),
    ]) func whatDoesNotFitIsSaidAtItsFieldAndAllIsKept(_ title: String, _ words: String) async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.person("Ben")
            let sent = try await form(ben).with("title", title).with("description", "a\r\n<b>")
            let answer = try await ben.send(sent)
            #expect(answer.status == 422 && answer.said.contains(words))
            #expect(answer.body.contains("<title>Error: New ticket · popug</title>"))
            #expect(answer.body.contains(#"value="\#(title)""#) && answer.body.contains("a&#13;\n&lt;b&gt;</textarea>"))
            #expect(answer.field("form") == sent.fields.first { $0.0 == "form" }?.1)
            #expect(try office.events("ticket_created") == 0)
        }
    }

    @Test func withoutAnEmployeeItIsSaidAndTheTextIsKept() async throws {
        try await TrackerOffice.serve { office in
            let ann = try await office.person("Ann", .admin)
            let page = try await ann.get("/tickets/new")
            #expect(page.said.contains("Nobody can take it: an admin adds an employee first"))
            let sent = try #require(page.form(to: "/tickets/new")).with("title", "Mend the coop")
            let answer = try await ann.send(sent)
            #expect(answer.status == 409 && answer.body.contains(#"value="Mend the coop""#))
            #expect(answer.said.contains("Nobody can take it: an admin adds an employee first"))
            _ = try await office.person("Ben")
            #expect(try await ann.send(sent).status == 303)
        }
    }

    @Test func anIdIsFreshForADay() throws {
        let id = try #require(UUID(uuidString: "019aa000-0000-7000-8000-000000000000"))
        let made = Timestamp(milliseconds: 0x019A_A000_0000)
        for (seconds, isFresh) in [(-61, false), (-60, true), (0, true), (86_400, true), (86_401, false)] {
            #expect(FormID.isFresh(id, now: made + .seconds(seconds)) == isFresh, "\(seconds)")
        }
        let other = try #require(UUID(uuidString: "019aa000-0000-4000-8000-000000000000"))
        #expect(!FormID.isFresh(other, now: made))
    }
}
