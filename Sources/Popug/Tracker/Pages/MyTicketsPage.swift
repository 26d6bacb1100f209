import Foundation
import PageKit
import Perch
import PopugEvents
import Postgres
import ServiceKit

/// `/tickets/mine`: what do I have to do?
enum MyTicketsPage {
    static let path: LinkTarget = "/tickets/mine"
    static let closed: LinkTarget = "/tickets/mine?status=closed"

    /// What is said where there are none.
    static func empty(_ status: Ticket.Status, isKnown: Bool) -> HTML {
        if status == .closed { return "You have closed none yet." }
        return isKnown
            ? "Nothing to do: tickets come by lot, when somebody makes one."
            : "Nothing to do yet: tickets come by lot, and you take part as soon as tracker has heard of you, in a moment."
    }

    /// What a card says below its title.
    static func facts(_ shown: ShownTicket, of user: UUID, _ clock: PageClock) -> HTML {
        let ticket = shown.ticket
        if let closedAt = ticket.closedAt {
            return "Closed \(TimeText(closedAt, clock)) · made by \(shown.creatorName)"
        }
        let since: HTML = shown.assignedAt.map { "Came to you \(TimeText($0, clock)) · " } ?? .empty
        let fate = LiveText("", live: TrackerKey.fate(ticket.ticketID, of: user).live)
        return "\(since)made by \(shown.creatorName) \(fate)"
    }
}

extension TrackerPages {
    func addMyTickets(to routes: inout PageRoutes) {
        routes.page("/tickets/mine", fields: ["status", "after", "before"]) { visit in
            let user = visit.viewer.user
            guard user.role == .employee else { return Self.noEmployee(visit) }
            return try await self.myTickets(visit, try visit.ticketStatus() ?? .open)
        }
    }

    private static func noEmployee(_ visit: Visit) -> Page {
        let words = Paragraph("Tickets go to employees; you are \(visit.viewer.user.role).")
        return visit.page("My tickets", body: "\(tabs(visit, MyTicketsPage.path))\(words)\(newTicket)")
    }

    private func myTickets(_ visit: Visit, _ status: Ticket.Status) async throws -> Page {
        let user = visit.viewer.user.id
        let found = try await tickets.search(
            TicketSearch(status: status, assignee: user),
            at: visit.ticketPlace(),
            in: database
        )
        let isKnown = found.count > 0 ? true : try await Employees.contain(user, in: database)
        let cards = found.page.items.map { shown in
            Cards.Card(
                PageWords.shortened(shown.ticket.title),
                to: Ticket.target(shown.ticket.ticketID),
                facts: MyTicketsPage.facts(shown, of: user, visit.clock),
                action: status == .open ? Self.closing(shown.ticket, visit, comesFromMine: true) : nil
            )
        }
        let pager = Pager(
            newer: found.page.previous.map { Self.mine(status, at: $0) },
            older: found.page.next.map { Self.mine(status, at: $0) }
        )
        let head = status == .open ? try await toDo(user, found) : Paragraph("What you have closed.")
        let other =
            status == .open
            ? Link("What I have closed", to: MyTicketsPage.closed) : Link("What I have to do", to: MyTicketsPage.path)
        let list = Cards(cards, empty: MyTicketsPage.empty(status, isKnown: isKnown))
        return visit.page(
            "My tickets",
            stream: status == .open
                ? Self.stream(of: found.page.items.map(\.ticket.ticketID), areMine: true) : nil,
            body: """
                \(Self.tabs(visit, MyTicketsPage.path))\(Self.newTicket)\(head)\(list)\(pager)\(Paragraph(other.html))
                """
        )
    }

    private func toDo(_ user: UUID, _ found: FoundTickets) async throws -> Paragraph {
        let count =
            found.isMoreThanCounted ? try await tickets.openCounts(of: [user], in: database)[user] ?? 0 : found.count
        return Paragraph(LiveText(TrackerBoard.toDo(count), live: TrackerKey.open(user).live).html)
    }

    private static func mine(_ status: Ticket.Status, at place: ListPlace<UUID>) -> LinkTarget {
        let query: (String, String?)
        switch place {
        case .start: query = ("after", nil)
        case .after(let id): query = ("after", id.text)
        case .before(let id): query = ("before", id.text)
        }
        return LinkTarget(["tickets", "mine"], query: [("status", status == .open ? nil : status.rawValue), query])
            ?? MyTicketsPage.path
    }
}
