import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import ServiceKit

extension TrackerPages {
    /// The form that closes a ticket. Nothing is asked: it is what the page is for.
    ///
    /// - Parameter comesFromMine: It leads back to the list; else to the ticket.
    static func closing(_ ticket: Ticket, _ visit: Visit, comesFromMine: Bool) -> Form {
        let action = Ticket.closing(ticket.ticketID)
        return Form(
            action,
            token: visit.token(for: action),
            id: UUID.v7().text,
            fields: comesFromMine ? [FormField("from", "", .hidden, value: "mine")] : [],
            button: "Close",
            buttonLabel: "Close \(ticket.title)",
            weight: comesFromMine ? .secondary : .primary
        )
    }

    func addClosing(to routes: inout PageRoutes) {
        routes.form("/tickets/{ticket}/close") { visit, fields in
            guard let id = visit.id("ticket") else { throw Self.noSuchTicket(visit) }
            let form = fields["form"].flatMap { UUID(uuidString: $0) }
            do {
                let ticket = try await self.tickets.close(id, by: visit.viewer.user.id, as: form, in: self.database)
                return .done(
                    fields["from"] == "mine" ? MyTicketsPage.path : Ticket.target(id),
                    message: "Closed \(PageWords.quoted(ticket.title)). The reward comes to your account in a moment",
                    link: MessageLink("see it", to: Self.reward(of: id, visit))
                )
            } catch let error as TicketError {
                guard let shown = try await self.shown(visit) else { throw Self.noSuchTicket(visit) }
                return Self.notClosed(shown, error, visit)
            }
        }
    }

    /// Where accounting shows what comes of it; nil where it has no pages.
    private static func reward(of ticket: UUID, _ visit: Visit) -> LinkTarget? {
        LinkTarget(["account"], query: [("expect", ticket.text)]).flatMap { visit.places.target(.accounting, $0) }
    }

    /// The ticket as it is, and why nothing was done.
    private static func notClosed(_ shown: ShownTicket, _ error: TicketError, _ visit: Visit) -> Outcome {
        if error.code == .closed, let closedAt = shown.ticket.closedAt {
            let notice = Notice(PageWords.closedAlready(at: closedAt, visit.clock), .empty, .info)
            return .page(page(of: shown, visit, notices: [notice]), .conflict)
        }
        return .page(
            page(of: shown, visit, notices: [Notice(PageWords.notYours(shown, visit.clock))]),
            .forbidden
        )
    }
}
