import Foundation
import PageKit
import Perch
import PopugEvents
import Postgres
import ServiceKit

/// `/tickets/ID`: what became of it?
enum TicketPage {
    static func facts(_ shown: ShownTicket, _ clock: PageClock) -> Facts {
        let (ticket, id) = (shown.ticket, shown.ticket.ticketID)
        let assignee = LiveText(shown.assigneeName, live: TrackerKey.assignee(id).live)
        var facts: [(String, CellValue)] = [
            ("Status", .component(Badge(ticket.status.rawValue, live: TrackerKey.status(id).live))),
            ("Assignee", .component(assignee)),
        ]
        if let assignedAt = shown.assignedAt {
            facts.append(("Assigned", .component(TimeText(assignedAt, clock, live: TrackerKey.assigned(id).live))))
        }
        facts.append(("Made", .html("\(TimeText(ticket.createdAt, clock)) by \(shown.creatorName)")))
        facts.append(
            (
                "Closed",
                .html(
                    ticket.closedAt.map { TimeText($0, clock).html }
                        ?? LiveText("–", live: TrackerKey.closed(id).live).html
                )
            )
        )
        facts.append(("Id", .component(Copied(key: id.text))))
        return Facts(facts)
    }
}

extension TrackerPages {
    func addTicket(to routes: inout PageRoutes) {
        routes.page("/tickets/{ticket}") { visit in
            guard let shown = try await self.shown(visit) else { throw Self.noSuchTicket(visit) }
            return Self.page(of: shown, visit)
        }
    }

    /// The ticket that the path names; nil where there is none.
    func shown(_ visit: Visit) async throws -> ShownTicket? {
        guard let id = visit.id("ticket") else { return nil }
        return try await tickets.shown(id, in: database)
    }

    /// - Parameter notices: Why it was not closed. Default: nobody has tried.
    static func page(of shown: ShownTicket, _ visit: Visit, notices: [Notice] = []) -> Page {
        let ticket = shown.ticket
        var parts: [any Component] = [TicketPage.facts(shown, visit.clock)]
        if ticket.status == .open, ticket.assigneeID == visit.viewer.user.id {
            parts.append(closing(ticket, visit, comesFromMine: false))
        }
        if let description = ticket.description { parts.append(Section("Description", [Lines(description)])) }
        return visit.page(
            ticket.title,
            stream: stream(of: [ticket.ticketID]),
            notices: notices,
            body: "\(tabs(visit, nil))\(HTML(parts))"
        )
    }
}
