import Foundation
import PageKit
import Perch
import PopugEvents
import Postgres
import ServiceKit

/// `/tickets`: where is that ticket?
enum TicketListPage {
    static let path: LinkTarget = "/tickets"

    /// Whom the field of the assignee means.
    enum Assignee: Sendable {
        case anybody
        case one(UUID, name: String)
        /// More than one is called so.
        case several([Employee])
        case nobody

        var id: UUID? { if case .one(let id, _) = self { id } else { nil } }
    }

    /// The most employees to choose among.
    static let mostChoices = 20

    static let columns: [DataTable.Column] = [
        .init("Title"), .init("Assignee"), .init("Status"), .init("Made"), .init("Closed"),
    ]

    static func row(_ shown: ShownTicket, _ clock: PageClock) -> [DataTable.Cell] {
        let ticket = shown.ticket
        let title = Link(HTML(PageWords.shortened(ticket.title)), to: Ticket.target(ticket.ticketID))
        let closed: DataTable.Cell =
            ticket.closedAt.map { .init(.component(TimeText($0, clock))) }
            ?? .init(.text("–"), live: TrackerKey.closed(ticket.ticketID).live)
        return [
            .init(.component(title)),
            .init(.text(shown.assigneeName), live: TrackerKey.assignee(ticket.ticketID).live),
            .init(.component(Badge(ticket.status.rawValue, live: TrackerKey.status(ticket.ticketID).live))),
            .init(.component(TimeText(ticket.createdAt, clock))), closed,
        ]
    }

    /// `312 match`, `more than 1,000 match`; nothing is said of an only page.
    static func words(_ found: FoundTickets, isEverything: Bool) -> String? {
        if found.isMoreThanCounted { return "more than \(NumberText.count(FoundTickets.longestCount)) match" }
        return isEverything && found.count <= Tickets.pageLength ? nil : "\(NumberText.count(found.count)) match"
    }

    /// What is wrong with the field of the assignee.
    static func error(_ assignee: Assignee) -> String? {
        switch assignee {
        case .anybody, .one: nil
        case .nobody: "No employee is called so"
        case .several(let found) where found.count > mostChoices:
            "More than \(mostChoices) employees are called so: write more of the name"
        case .several(let found): "\(found.count) employees are called so: choose one below"
        }
    }
}

extension TrackerPages {
    func addTicketList(to routes: inout PageRoutes) {
        routes.page("/tickets", fields: TicketListChoice.fields) { visit in
            try await self.ticketList(visit, TicketListChoice(visit))
        }
    }

    private func ticketList(_ visit: Visit, _ choice: TicketListChoice) async throws -> Page {
        let assignee = try await assignee(choice.assignee, visit.viewer.user)
        var errors: [String: String] = [:]
        errors["assignee"] = TicketListPage.error(assignee)
        var search: TicketSearch?
        do {
            search = try TicketSearch(text: choice.search, status: choice.status, assignee: assignee.id)
        } catch {
            errors["search"] = "Write at least \(TicketSearch.fewestLetters) letters of the title, or 8 of the id"
        }
        let name = if case .one(_, let name) = assignee { name } else { choice.assignee }
        var shown = choice
        if case .one(let id, let name) = assignee, UUID(uuidString: choice.assignee) == id { shown.assignee = name }
        let fields = shown.formFields(errors)
        var body = "\(Self.tabs(visit, TicketListPage.path))\(Self.newTicket)" as HTML
        body = "\(body)\(choice.filter(fields, assigneeName: name))"
        guard errors.isEmpty, let search else {
            let choices = Self.choices(assignee, choice)
            return visit.page("All tickets", errors: ErrorSummary(of: fields), body: "\(body)\(choices)")
        }
        let found = try await tickets.search(search, at: choice.place, in: database)
        return visit.page(
            "All tickets",
            stream: Self.stream(of: found.page.items.map(\.ticket.ticketID)),
            body: "\(body)\(Self.table(found, choice, visit.clock))"
        )
    }

    private static func table(_ found: FoundTickets, _ choice: TicketListChoice, _ clock: PageClock) -> HTML {
        let empty: HTML =
            choice.isEverything
            ? "No ticket yet. \(Link("Make the first one", to: NewTicketPage.path))"
            : "No ticket is like this. \(Link("All tickets", to: TicketListPage.path))"
        let table = DataTable(
            id: "tickets",
            caption: "Tickets, the newest first",
            isCaptionHidden: true,
            columns: TicketListPage.columns,
            rows: found.page.items.map { TicketListPage.row($0, clock) },
            empty: empty
        )
        let pager = Pager(
            newer: found.page.previous.map { choice.at($0).target },
            older: found.page.next.map { choice.at($0).target },
            words: found.count == 0 ? nil : TicketListPage.words(found, isEverything: choice.isEverything)
        )
        return "\(table)\(pager)"
    }

    private func assignee(_ text: String, _ user: AuthenticatedUser) async throws -> TicketListPage.Assignee {
        guard SearchText(text) != nil else { return .anybody }
        if text == "me" { return .one(user.id, name: user.name ?? "me") }
        let found = try await tickets.employees(named: text, limit: TicketListPage.mostChoices + 1, in: database)
        if let id = UUID(uuidString: text) { return .one(id, name: found.first?.name ?? String(id.text.prefix(8))) }
        let exact = found.filter { $0.name.lowercased() == text.lowercased() }
        let meant = exact.count == 1 ? exact : found
        switch meant.count {
        case 0: return .nobody
        case 1: return .one(meant[0].userID, name: meant[0].name)
        default: return .several(found)
        }
    }

    /// The employees that are called so, to choose one.
    private static func choices(_ assignee: TicketListPage.Assignee, _ choice: TicketListChoice) -> HTML {
        guard case .several(let found) = assignee, found.count <= TicketListPage.mostChoices else { return .empty }
        let rows = found.map { employee -> [DataTable.Cell] in
            var one = choice.at(.start)
            one.assignee = employee.userID.text
            return [
                .init(.component(Link(HTML(employee.name), to: one.target))),
                .init(.component(Copied(id: employee.userID.text))),
            ]
        }
        let table = DataTable(
            id: "employees",
            caption: "Employees who are called so",
            columns: [.init("Name"), .init("Id")],
            rows: rows
        )
        return table.html
    }
}
