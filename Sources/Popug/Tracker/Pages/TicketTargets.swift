import Foundation
import PageKit
import Perch

extension Ticket {
    /// Its page.
    static func target(_ id: UUID) -> LinkTarget { LinkTarget(["tickets", id.text]) ?? TicketListPage.path }

    /// Where the form that closes it is sent to.
    static func closing(_ id: UUID) -> LinkTarget { LinkTarget(["tickets", id.text, "close"]) ?? TicketListPage.path }
}

extension Reassignment {
    /// Its page.
    static func target(_ id: UUID) -> LinkTarget { LinkTarget(["reassign", id.text]) ?? ReassignPage.path }
}
