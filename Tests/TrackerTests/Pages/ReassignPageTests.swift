import Foundation
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Tracker

@Suite("reassigning on a page") struct ReassignPageTests {
    private func form(_ visitor: PageVisitor) async throws -> ShownForm {
        try #require(try await visitor.get("/reassign").form(to: "/reassign"))
    }

    /// The page of a press, once it says that.
    private func page(_ visitor: PageVisitor, _ path: String, says words: String) async throws -> RawAnswer {
        let page = try await visitor.get(path)
        guard !page.said.contains(words), let stream = page.stream else { return page }
        _ = try await visitor.live(stream, until: words)
        return try await visitor.get(path)
    }

    @Test(.timeLimit(.minutes(30))) func itAsksWithNumbersAndTellsWhenItIsDone() async throws {
        try await TrackerOffice.serve { office in
            let (ben, eve) = (try await office.person("Ben"), try await office.person("Eve", .manager))
            _ = try await office.person("Bob")
            for _ in 0..<3 { _ = try office.ticket() }
            let asked = try await eve.get("/reassign")
            #expect(
                asked.said.contains("3 open tickets go to 2 employees by lot, also to whoever has them now.")
                    && asked.said.contains("Each is charged the commission again.")
                    && asked.said.contains("Closing waits for up to 10 seconds, reading goes on.")
                    && asked.said.contains("Nobody has reassigned yet.")
            )
            #expect(asked.body.contains(">Reassign 3 tickets</button>"))
            let answer = try await eve.send(try #require(asked.form(to: "/reassign")))
            let path = try #require(answer.header("Location"))
            #expect(answer.status == 303 && path.hasPrefix("/reassign/"))
            let done = try await page(eve, path, says: "3 tickets in")
            #expect(done.said.contains("3 tickets in") && done.said.contains("3 of 3 tickets") && done.stream == nil)
            #expect(try await eve.get("/reassign").said.contains("Eve 3 tickets in"))
            #expect(try office.events("ticket_reassigned") == 3)
            #expect(try await ben.get("/tickets/mine").link("Reassign") == nil)
        }
    }

    @Test func whereNothingIsOpenOrNobodyIsThereItCannotBePressed() async throws {
        try await TrackerOffice.serve { office in
            let eve = try await office.person("Eve", .admin)
            let page = try await eve.get("/reassign")
            #expect(page.said.contains("No ticket is open, so there is nothing to reassign."))
            #expect(page.form(to: "/reassign") == nil)
            try office.fixture.connection.execute(
                """
                INSERT INTO tracker.tickets (ticket_id, title, assignee_id, created_by, created_at)
                VALUES (gen_random_uuid(), 'Ticket', gen_random_uuid(), gen_random_uuid(), now())
                """
            )
            #expect(
                try await eve.get("/reassign").said.contains("Nobody can take it: an admin adds an employee first.")
            )
        }
    }

    @Test(.timeLimit(.minutes(30))) func aFormThatIsSentAgainIsOnePressAlsoAtAnotherProcess() async throws {
        try await TrackerOffice.serve { office in
            _ = try await office.person("Ben")
            let eve = try await office.person("Eve", .manager)
            for _ in 0..<4 { _ = try office.ticket() }
            let form = try await form(eve)
            async let first = eve.send(form)
            async let second = eve.send(form)
            let targets = try await [first, second].map { $0.header("Location") }
            let path = try #require(targets[0])
            #expect(path.hasPrefix("/reassign/") && targets[1] == path)
            #expect(try await page(eve, path, says: "4 tickets in").said.contains("4 tickets in"))
            try await office.serveAgain { other in
                let there = eve.at(other.pages)
                let again = try await there.send(form)
                #expect(again.header("Location") == path)
                #expect(try await there.follow(again).said.contains("4 tickets in"))
            }
            #expect(try office.events("ticket_reassigned") == 4)
            // Nobody presses by the form of somebody else.
            let mallory = try await office.person("Mallory", .admin)
            let id = try #require(form.fields.first { $0.0 == "form" }?.1)
            let theirs = try await self.form(mallory).with("form", id)
            #expect(try await mallory.send(theirs).status == 403)
            #expect(try await mallory.send(theirs.with("form", "1")).status == 400)
        }
    }

    @Test(.timeLimit(.minutes(30))) func whileItIsUnderWayEachProcessTellsWhatItKnows() async throws {
        try await TrackerOffice.serve { office in
            _ = try await office.person("Ben")
            let (eve, ann) = (try await office.person("Eve", .manager), try await office.person("Ann", .admin))
            for _ in 0..<2 { _ = try office.ticket() }
            try await office.holdingUpPublishing { release in
                let path = try #require(try await eve.send(try await form(eve)).header("Location"))
                // How far it is where it is held up: the statements may have been sent ahead of their answers.
                let sent = try await page(eve, path, says: " of 2 tickets")
                #expect(sent.said.contains("Drawing by lot 0 of 2") || sent.said.contains("Committing"))
                // Another one waits.
                let behind = try #require(try await ann.send(try await form(ann)).header("Location"))
                #expect(try await page(ann, behind, says: "Waits behind").said.contains("Waits behind Eve's"))
                try await office.serveAgain { other in
                    let (eve, ann) = (eve.at(other.pages), ann.at(other.pages))
                    let elsewhere = try await page(eve, path, says: "in another process")
                    #expect(elsewhere.said.contains("Under way in another process of tracker"))
                    #expect(try await ann.get(behind).said.contains("Waits behind Eve's"))
                    #expect(
                        try await eve.get("/reassign").said.contains("Under way in another process")
                    )
                }
                let stream = try #require(sent.stream)
                let told = try await eve.live(stream, until: #"/state":"2 tickets in "#) { try release() }
                #expect(told.contains(#"/drawn":"2""#))
                #expect(try await page(ann, behind, says: "2 tickets in").said.contains("2 tickets in"))
            }
            #expect(try office.events("ticket_reassigned") == 4)
        }
    }

    @Test(.timeLimit(.minutes(30))) func whereItCameToNothingItCanBePressedAgain() async throws {
        try await TrackerOffice.serve { office in
            let (eve, ann) = (try await office.person("Eve", .manager), try await office.person("Ann", .admin))
            _ = try await office.person("Ben")
            _ = try office.ticket()
            let id = UUID.v7()
            // As a process leaves it that has died.
            try office.fixture.connection.execute(
                """
                INSERT INTO tracker.reassignments (id, by_user, at)
                VALUES (\(id), \(try #require(eve.user).id), now() - interval '1 minute')
                """
            )
            let page = try await eve.get("/reassign/\(id.text)")
            #expect(page.said.contains("Nothing was changed") && page.stream == nil)
            #expect(page.said.contains("none of them was given away"))
            // By who has pressed it.
            #expect(try await ann.get("/reassign/\(id.text)").form(to: "/reassign") == nil)
            #expect(try await eve.get("/reassign").said.contains("Eve Nothing was changed"))
            let again = try await eve.send(try #require(page.form(to: "/reassign")))
            #expect(again.header("Location") == "/reassign/\(id.text)")
            #expect(try await self.page(eve, "/reassign/\(id.text)", says: "1 ticket in").said.contains("1 ticket in"))
        }
    }

    @Test(arguments: ["/reassign/0190", "/reassign/0190f6d2-0000-7000-8000-000000000000"])
    func aPressThatIsNotThereIsNotFound(_ path: String) async throws {
        try await TrackerOffice.serve { office in
            let page = try await office.pages.visitor(.admin).get(path)
            #expect(page.status == 404 && page.said.contains("No such reassignment"))
        }
    }
}
