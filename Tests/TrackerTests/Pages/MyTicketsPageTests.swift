import Foundation
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Tracker

@Suite("the page of one's own tickets") struct MyTicketsPageTests {
    @Test func anEmployeeSeesTheirOpenTicketsWithSinceWhenAndByWhom() async throws {
        try await TrackerOffice.serve { office in
            let (ben, eve) = (try await office.person("Ben"), try await office.person("Eve"))
            _ = try office.ticket("Mend the coop", of: ben)
            _ = try office.ticket("Feed the parrots", of: eve)
            let page = try await ben.get("/tickets/mine")
            #expect(page.status == 200 && page.body.contains("<title>My tickets · popug</title>"))
            #expect(page.said.contains("1 ticket to do") && page.said.contains("Mend the coop"))
            #expect(page.said.contains("Came to you") && page.said.contains("made by"))
            #expect(!page.said.contains("Feed the parrots"))
            #expect(page.body.contains(#"aria-label="Close Mend the coop""#))
        }
    }

    @Test func withoutATicketThePageSaysWhatBringsOne() async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.person("Ben")
            #expect(try await ben.get("/tickets/mine").said.contains("Nothing to do: tickets come by lot"))
            #expect(try await ben.get("/tickets/mine?status=closed").said.contains("You have closed none yet."))
            let new = try await office.pages.visitor(.employee)
            #expect(try await new.get("/tickets/mine").said.contains("as soon as tracker has heard of you"))
        }
    }

    @Test(arguments: [Role.manager, .accountant, .admin]) func whoIsNoEmployeeIsToldSo(_ role: Role) async throws {
        try await TrackerOffice.serve { office in
            let page = try await office.pages.visitor(role).get("/tickets/mine")
            #expect(page.status == 200)
            #expect(page.said.contains("Tickets go to employees; you are \(role.rawValue)."))
            #expect((page.link("Reassign") != nil) == (role != .accountant))
        }
    }

    @Test func employeesBeginAtTheirTicketsAndOthersAtAll() async throws {
        try await TrackerOffice.serve { office in
            for (role, target) in [(Role.employee, "/tickets/mine"), (.accountant, "/tickets"), (.admin, "/tickets")] {
                let answer = try await office.pages.visitor(role).get("/")
                #expect(answer.header("Location") == target)
            }
        }
    }

    @Test func fiftyAreOnAPageAndThePagesLeadToOneAnother() async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.person("Ben")
            for number in 0..<51 { _ = try office.ticket("Ticket #\(number).") }
            let first = try await ben.get("/tickets/mine")
            #expect(first.said.contains("51 tickets to do"))
            #expect(first.said.contains("#50.") && first.said.contains("#1.") && !first.said.contains("#0."))
            let second = try await ben.get(try #require(first.link("Older →")))
            #expect(second.said.contains("#0.") && !second.said.contains("#1."))
            #expect(try await ben.get(try #require(second.link("← Newer"))).said.contains("#50."))
        }
    }

    @Test(.timeLimit(.minutes(30))) func whatBecomesOfThemIsToldWhileThePageIsOpen() async throws {
        try await TrackerOffice.serve { office in
            let (ben, eve) = (try await office.person("Ben"), try await office.person("Eve"))
            let (lost, done) = (try office.ticket(of: ben), try office.ticket(of: ben))
            let stream = try #require(try await ben.get("/tickets/mine").stream)
            let told = try await ben.live(stream, until: "Nothing to do") {
                try office.give(lost, to: try #require(eve.user).id)
                _ = try await office.fixture.tickets.close(
                    done.ticketID,
                    by: try #require(ben.user).id,
                    in: office.database
                )
            }
            #expect(told.contains("· went to Eve meanwhile") && told.contains("· closed meanwhile"))
        }
    }
}
