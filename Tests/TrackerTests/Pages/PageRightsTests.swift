import Foundation
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Tracker

/// Who may ask for what: a page that is not in this table fails.
@Suite struct PageRightsTests {
    /// The answer to each role, and to a stranger.
    private struct Answers {
        let employee, manager, accountant, admin, stranger: Int

        subscript(_ role: Role) -> Int {
            switch role {
            case .employee: employee
            case .manager: manager
            case .accountant: accountant
            case .admin: admin
            }
        }

        static let read = Answers(employee: 200, manager: 200, accountant: 200, admin: 200, stranger: 303)
        static let detour = Answers(employee: 303, manager: 303, accountant: 303, admin: 303, stranger: 303)
        static let managersRead = Answers(employee: 403, manager: 200, accountant: 403, admin: 200, stranger: 303)
        static let send = Answers(employee: 303, manager: 303, accountant: 303, admin: 303, stranger: 401)
        /// Nobody else's ticket is closed.
        static let nobodySends = Answers(employee: 403, manager: 403, accountant: 403, admin: 403, stranger: 401)
        static let managersSend = Answers(employee: 403, manager: 303, accountant: 403, admin: 303, stranger: 401)
    }

    private static let table: [String: Answers] = [
        "GET /": .detour, "GET /tickets/mine": .read, "GET /tickets": .read, "GET /tickets/new": .read,
        "POST /tickets/new": .send, "GET /tickets/{ticket}": .read, "POST /tickets/{ticket}/close": .nobodySends,
        "GET /reassign": .managersRead, "POST /reassign": .managersSend,
        "GET /reassign/{reassignment}": .managersRead, "GET /live": .read,
    ]

    @Test func everyPageOfTheRouterIsInTheTable() async throws {
        let fixture = try TrackerFixture()
        let site = TrackerOffice.site(try ServedPages.settings(of: .tracker), try fixture.database)
        #expect(Set(site.entries.map { "\($0.method) \($0.path)" }) == Set(Self.table.keys))
        #expect(site.entries.count == Self.table.count)
    }

    @Test(arguments: Role.allCases) func eachRoleIsAnsweredAsTheTableSays(_ role: Role) async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.person("Ben")
            let ticket = try office.ticket(of: ben)
            let press = try await Reassignments().press(.v7(), by: .v7(), in: office.database)
            let visitor = try await office.person("Ann", role)
            try office.give(ticket, to: try #require(ben.user).id)
            // What is sent comes first, and reassigning after the rest of it.
            for (entry, answers) in Self.table.sorted(by: { $0.key > $1.key }) {
                let path = Self.path(entry, ticket, press)
                let status = try await Self.status(entry, path, of: visitor, office)
                #expect(status == answers[role], "\(entry) for \(role)")
            }
        }
    }

    @Test func aStrangerIsLedToTheLoginAndSendsNothing() async throws {
        try await TrackerOffice.serve { office in
            let ticket = try office.ticket(of: try await office.person("Ben"))
            let press = try await Reassignments().press(.v7(), by: .v7(), in: office.database)
            for (entry, answers) in Self.table {
                let path = Self.path(entry, ticket, press)
                let isSent = entry.hasPrefix("POST")
                let answer =
                    isSent ? try await office.pages.stranger.post(path) : try await office.pages.stranger.get(path)
                #expect(answer.status == answers.stranger, "\(entry)")
                if !isSent { #expect(answer.header("Location")?.hasPrefix("/login?to=") == true, "\(entry)") }
            }
            #expect(try office.events("ticket_created") == 1 && office.events("ticket_closed") == 0)
        }
    }

    @Test func theStreamOfAReassignmentIsForThoseWhoMayReassign() async throws {
        try await TrackerOffice.serve { office in
            let path = "/live?reassignment=\(UUID.v7().text)"
            for role in [Role.employee, .accountant] {
                let answer = try await office.pages.visitor(role).get(path)
                #expect(answer.status == 403)
            }
        }
    }

    @Test func aFormOfAnotherSiteOrWithoutItsTokenIsRefused() async throws {
        try await TrackerOffice.serve { office in
            let ben = try await office.person("Ben")
            let ticket = try office.ticket(of: ben)
            let form = try #require(try await ben.get("/tickets/mine").forms.first { $0.action.hasSuffix("/close") })
            #expect(try await ben.send(form, site: "cross-site").status == 403)
            #expect(try await ben.send(form, site: "same-site").status == 403)
            #expect(try await ben.send(form.without("token")).status == 403)
            let other = try await office.person("Ann", .admin)
            #expect(try await other.send(form).said.contains("This form was made for another login"))
            #expect(try await office.fixture.tickets.ticket(ticket.ticketID, in: office.database)?.status == .open)
        }
    }

    private static func path(_ entry: String, _ ticket: Ticket, _ press: Reassignment) -> String {
        String(entry.split(separator: " ")[1]).replacing("{ticket}", with: ticket.ticketID.text)
            .replacing("{reassignment}", with: press.id.text)
    }

    private static func status(
        _ entry: String,
        _ path: String,
        of visitor: PageVisitor,
        _ office: TrackerOffice
    ) async throws -> Int {
        switch entry {
        case "GET /live": RawAnswer(text: try await visitor.live(path, until: "retry")).status
        case "POST /tickets/new":
            try await visitor.send(
                try #require(try await visitor.get(path).form(to: path)).with("title", "Feed the parrots")
            ).status
        case "POST /tickets/{ticket}/close":
            try await visitor.post(path, [("token", try await Self.token(for: path, visitor, office))]).status
        case "POST /reassign":
            if let form = try await visitor.get(path).form(to: path) {
                try await visitor.send(form).status
            } else {
                try await visitor.post(path).status
            }
        default: try await visitor.get(path).status
        }
    }

    /// The form is only shown to whose ticket it is: while it is theirs.
    private static func token(for path: String, _ visitor: PageVisitor, _ office: TrackerOffice) async throws -> String
    {
        let (page, user) = (path.replacing("/close", with: ""), try #require(visitor.user).id)
        let id = try #require(UUID(uuidString: String(page.split(separator: "/")[1])))
        let ticket = try #require(try await office.fixture.tickets.ticket(id, in: office.database))
        try office.give(ticket, to: user)
        let form = try #require(try await visitor.get(page).form(to: path))
        try office.give(ticket, to: ticket.assigneeID)
        return try #require(form.fields.first { $0.0 == "token" }?.1)
    }
}
