import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// What the pages of tracker share.
struct TrackerPages: Sendable {
    let tickets = Tickets()
    let presses = Reassignments()
    let running: RunningReassignments
    let database: Database
    let now: @Sendable () -> Timestamp

    /// Each page is a file of its own, and adds its routes here.
    func add(to routes: inout PageRoutes) {
        routes.detour("/") { visit in visit.viewer.user.role == .employee ? MyTicketsPage.path : TicketListPage.path }
        addMyTickets(to: &routes)
        addTicketList(to: &routes)
        addNewTicket(to: &routes)
        addTicket(to: &routes)
        addClosing(to: &routes)
        addReassign(to: &routes)
        addReassignment(to: &routes)
        addStream(to: &routes)
    }

    // MARK: What pages share

    /// The ways between the lists.
    static func tabs(_ visit: Visit, _ current: LinkTarget?) -> Tabs {
        var tabs: [(String, LinkTarget)] = [("My tickets", MyTicketsPage.path), ("All tickets", TicketListPage.path)]
        if visit.viewer.user.role.mayReassign { tabs.append(("Reassign", ReassignPage.path)) }
        return Tabs("Tickets", tabs.map { .init($0.0, to: $0.1, isCurrent: $0.1 == current) })
    }

    /// Leads to the form that makes one.
    static var newTicket: Paragraph {
        Paragraph("\(Link("New ticket", to: NewTicketPage.path, isButton: true))")
    }

    /// What is shown where a path names no ticket.
    static func noSuchTicket(_ visit: Visit) -> PageRefusal {
        let words = Paragraph("Tickets are never deleted, so the address is not that of one. Look for it here.")
        return PageRefusal(
            visit.page("No such ticket", body: "\(words)\(TicketListChoice().filter)\(newTicket)")
        )
    }
}

extension Role {
    /// Whether they may give all open tickets away.
    var mayReassign: Bool { self == .manager || self == .admin }
}
