import Foundation
import Perch
import PopugEvents

/// An event of a ticket, with where it came from.
struct TicketEvent {
    enum Change {
        case created(assignee: UUID, title: String?)
        case reassigned(assignee: UUID)
        case closed
    }

    let delivery: Delivery
    let ticket: UUID
    let change: Change

    static let types = [TicketCreated.type, TicketReassigned.type, TicketClosed.type]

    /// - Throws: `DeliveryError` with the `UndecodableEvent`. Nil for a type that is none of a ticket.
    init?(_ delivery: Delivery) throws {
        self.delivery = delivery
        switch delivery.type {
        case TicketCreated.type:
            let event = try delivery.read(TicketCreated.self)
            (ticket, change) = (event.ticketID, .created(assignee: event.assigneeID, title: event.title))
        case TicketReassigned.type:
            let event = try delivery.read(TicketReassigned.self)
            (ticket, change) = (event.ticketID, .reassigned(assignee: event.assigneeID))
        case TicketClosed.type:
            (ticket, change) = (try delivery.read(TicketClosed.self).ticketID, .closed)
        default:
            return nil
        }
    }
}

extension Delivery {
    /// Decodes the event; one that cannot be decoded is to blame for it, and not its batch.
    func read<E: Event>(_ event: E.Type) throws -> E {
        do {
            return try decode(event)
        } catch {
            throw DeliveryError(self, error)
        }
    }
}
