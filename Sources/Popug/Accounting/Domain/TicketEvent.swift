import Foundation
import Perch
import PopugEvents

/// An event of a ticket, with where it came from.
struct TicketEvent {
    enum Change {
        case created(assignee: UUID, title: String)
        case reassigned(assignee: UUID)
        case closed
    }

    let delivery: Delivery
    let ticket: UUID
    let change: Change

    static let types = [TicketCreated.type, TicketReassigned.type, TicketClosed.type]

    /// - Throws: `DeliveryError` with the `UndecodableEvent`, or `nil` for a type that is none of a ticket.
    init?(_ delivery: Delivery) throws {
        self.delivery = delivery
        do {
            switch delivery.type {
            case TicketCreated.type:
                let event = try delivery.decode(TicketCreated.self)
                (ticket, change) = (event.ticketID, .created(assignee: event.assigneeID, title: event.title ?? ""))
            case TicketReassigned.type:
                let event = try delivery.decode(TicketReassigned.self)
                (ticket, change) = (event.ticketID, .reassigned(assignee: event.assigneeID))
            case TicketClosed.type:
                (ticket, change) = (try delivery.decode(TicketClosed.self).ticketID, .closed)
            default:
                return nil
            }
        } catch {
            throw DeliveryError(delivery, error)
        }
    }
}
