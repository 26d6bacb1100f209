import Foundation
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Accounting

@Suite("an account's page that is open") struct AccountLiveTests {
    @Test func valuesAndRowsComeToIt() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire("Ann")
        try office.earn(ann, at: "2026-11-21T09:00:00.000Z")
        try await office.serving { process in
            let visitor = try await process.visitor(.employee, id: ann)
            let stream = try #require(try await visitor.get("/account").stream)
            let came = try await visitor.live(stream, until: "\"text\":\"Paint the perch\"") {
                try office.takeTicket(ann, at: "2026-11-22T09:00:05.000Z", title: "Paint the perch")
            }
            // What the page has already does not come again.
            #expect(!came.contains("Mend the coop"))
            #expect(
                came.contains("\"text\":\"09:00:05\"") && came.contains("\"href\":\"http://127.0.0.1:8082/tickets/")
            )
            // From where the page stands now: the values of then.
            let key = ann.uuidString
            for value in ["balance/\(key)\":\"10.00", "today/\(key)\":\"−15.00", "sum/\(key)/2026-11-22\":\"−15.00"] {
                let news = try await visitor.live(stream, until: value)
                #expect(news.contains(value))
            }
        }
    }

    @Test func whatCountsToAnotherDayIsToldAndHasNoRow() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire("Ann")
        try await office.serving { process in
            let visitor = try await process.visitor(.employee, id: ann)
            let stream = try #require(try await visitor.get("/account").stream)
            let came = try await visitor.live(stream, until: "reload the page to see them") {
                try office.takeTicket(ann, at: "2026-11-21T09:00:05.000Z", title: "Of yesterday")
            }
            #expect(!came.contains("Of yesterday"))
        }
    }

    @Test func theRewardThatIsExpectedComesToIt() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire("Ann")
        let ticket = try office.takeTicket(ann, at: "2026-11-22T09:00:00.000Z")
        try await office.serving(patience: .zero) { process in
            let visitor = try await process.visitor(.employee, id: ann)
            let stream = try #require(try await visitor.get("/account?expect=\(ticket.text)").stream)
            let came = try await visitor.live(stream, until: "The reward of “Mend the coop” has come: 40.00.") {
                try office.close(ticket, at: "2026-11-22T10:00:00.000Z")
            }
            #expect(came.contains("has come: 40.00."))
        }
    }

    @Test func anAccountantFollowsTheAccountOfSomebodyElse() async throws {
        let office = try OfficeFixture(.once)
        let ben = try office.hire("Ben")
        try await office.serving { process in
            let accountant = try await process.visitor(.accountant)
            let stream = try #require(try await accountant.get("/accounts/\(ben.text)").stream)
            let came = try await accountant.live(stream, until: "carries over to the next day") {
                try office.takeTicket(ben, at: "2026-11-22T09:00:00.000Z")
            }
            #expect(came.contains("−15.00 carries over to the next day"))
            #expect(try await accountant.get("\(stream)x").status == 400)
        }
    }
}
