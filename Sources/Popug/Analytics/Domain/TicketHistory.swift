import Foundation
import Perch
import Postgres

/// Works out what a batch of ticket events moves, from what was known before: no I/O.
///
/// It counts what accounting counts: the first create of a ticket, each reassignment and the first close up to its close.
struct TicketHistory {
    struct Price: Sendable, Hashable {
        let commission: Int64
        let reward: Int64
    }

    /// What is known of a ticket.
    struct Ticket: Sendable, Hashable {
        var title: String?
        /// Nil as long as only the price is known.
        var assignee: UUID?
        var closedAt: Timestamp?
        var price: Price?
    }

    private(set) var tickets: [UUID: Ticket]
    /// Tickets that are new or have changed.
    private(set) var changed: Set<UUID> = []
    /// In the order of their events.
    private(set) var movements: [Movement] = []
    private(set) var contradictions: [Contradiction] = []
    private var handled: Set<UUID>

    /// - Parameters:
    ///   - tickets: What is known of the tickets of the events to come.
    ///   - handled: The ids of those of the events to come that have been taken before.
    init(tickets: [UUID: Ticket], handled: Set<UUID>) {
        self.tickets = tickets
        self.handled = handled
    }

    /// Takes the next event; one that was taken before does nothing.
    mutating func take(_ event: TicketEvent) {
        guard handled.insert(event.delivery.id).inserted else { return }
        var ticket = tickets[event.ticket] ?? Ticket()
        switch event.change {
        case .created(let assignee, let title):
            guard ticket.assignee == nil else { return contradict(event, "the ticket was created before") }
            ticket.assignee = assignee
            ticket.title = title
        case .reassigned, .closed:
            // Events of a ticket come in order, so this is not one that came early.
            guard ticket.assignee != nil else { return contradict(event, "the ticket was not created") }
            guard ticket.closedAt == nil else { return contradict(event, "the ticket was closed before") }
            if case .reassigned(let assignee) = event.change {
                ticket.assignee = assignee
            } else {
                ticket.closedAt = event.delivery.time
            }
        }
        tickets[event.ticket] = ticket
        changed.insert(event.ticket)
        move(ticket, event)
    }

    private mutating func move(_ ticket: Ticket, _ event: TicketEvent) {
        guard let assignee = ticket.assignee else { return }
        let isClose = if case .closed = event.change { true } else { false }
        movements.append(
            Movement(
                cause: event.delivery.id,
                at: event.delivery.time,
                user: assignee,
                ticket: event.ticket,
                kind: isClose ? .reward : .commission,
                amount: isClose ? ticket.price?.reward : ticket.price?.commission
            )
        )
    }

    private mutating func contradict(_ event: TicketEvent, _ reason: String) {
        contradictions.append(Contradiction(event: event.delivery, ticket: event.ticket, reason: reason))
    }
}
