import Foundation
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Tracker

@Suite("tracker's API")
struct APITests {
    @Test func aTicketIsCreatedReadListedAndClosedByItsAssignee() async throws {
        let tracker = try TrackerFixture()
        let employee = try #require(try tracker.hire(1).first)
        try await withAPI(Tracker.api(database: try tracker.database)) { client in
            let created = try await client.call(
                .post,
                "/v1/tickets",
                as: .someone(.accountant),
                body: #"{"title": "Mend the coop", "description": "Before winter"}"#
            )
            #expect(created.status == 201)
            let id = try #require(try created.json["ticket_id"]?.string)
            #expect(try created.json["assignee_id"]?.string == employee.text)
            #expect(try created.json["status"]?.string == "open")

            let mine = try await client.call(
                .get,
                "/v1/tickets?assignee=me&status=open",
                as: .user(employee, .employee)
            )
            #expect(try mine.json.items.map { $0["ticket_id"]?.string } == [id])

            let other = try await client.call(.post, "/v1/tickets/\(id)/close", as: .someone(.admin))
            #expect(other.status == 403)
            let closed = try await client.call(.post, "/v1/tickets/\(id)/close", as: .user(employee, .employee))
            #expect(closed.status == 200)
            #expect(try closed.json["closed_at"] != nil)
            let again = try await client.call(.post, "/v1/tickets/\(id)/close", as: .user(employee, .employee))
            #expect(again.status == 409)
            #expect(again.problem == "ticket-closed")

            let read = try await client.call(.get, "/v1/tickets/\(id)", as: .someone(.manager))
            #expect(try read.json["description"]?.string == "Before winter")
            #expect(try read.json["status"]?.string == "closed")
        }
        #expect(try tracker.published().count == 2)
    }

    @Test func withoutAnEmployeeThereIsAClearErrorAndNoTicket() async throws {
        let tracker = try TrackerFixture()
        try await withAPI(Tracker.api(database: try tracker.database)) { client in
            let answer = try await client.call(.post, "/v1/tickets", as: .someone(.admin), body: #"{"title": "x"}"#)
            #expect(answer.status == 409)
            #expect(answer.problem == "no-employee")
            let list = try await client.call(.get, "/v1/tickets", as: .someone(.admin))
            #expect(try list.json.items.isEmpty)
        }
    }

    @Test func pagesOfTheListHoldEveryTicketOnceTheNewestFirst() async throws {
        let tracker = try TrackerFixture()
        _ = try tracker.hire(2)
        let ids = try (0..<7).map { try tracker.create("Ticket \($0)").ticketID.text }
        try await withAPI(Tracker.api(database: try tracker.database)) { client in
            var seen: [String] = []
            var pages = 0
            var cursor: String?
            repeat {
                let next = cursor.map { "&cursor=\($0)" } ?? ""
                let page = try await client.call(.get, "/v1/tickets?limit=3\(next)", as: .someone(.employee))
                #expect(page.status == 200)
                seen += try page.json.items.compactMap { $0["ticket_id"]?.string }
                cursor = try page.json["next_cursor"]?.string
                pages += 1
            } while cursor != nil && pages < 10
            #expect(seen == ids.reversed())
            #expect(pages == 3)
        }
    }

    @Test func reassigningTellsHowManyTicketsItTook() async throws {
        let tracker = try TrackerFixture()
        _ = try tracker.hire(3)
        for number in 0..<4 { _ = try tracker.create("Ticket \(number)") }
        try await withAPI(Tracker.api(database: try tracker.database)) { client in
            let answer = try await client.call(.post, "/v1/tickets/reassign", as: .someone(.manager))
            #expect(answer.status == 200)
            #expect(try answer.json["reassigned"]?.integer == 4)
        }
        #expect(try tracker.published().filter { $0.hasPrefix("ticket_reassigned") }.count == 4)
    }
}
