import Foundation
import Perch
import PopugEvents

/// Works out what a batch of ticket events does, from what was known before: no I/O.
struct TicketBook {
    /// What is known of a ticket.
    struct Ticket: Sendable, Hashable {
        let title: String
        let price: Price
        var assignee: UUID
        var isClosed: Bool
    }

    /// An event that contradicts what is known of its ticket.
    struct Contradiction {
        let event: TicketEvent
        let reason: String
    }

    private(set) var tickets: [UUID: Ticket]
    /// Tickets that are new or have changed, in the order of their first change.
    private(set) var changed: [UUID] = []
    /// New prices, each with what caused it.
    private(set) var priced: [(ticket: UUID, price: Price, cause: Delivery)] = []
    /// The ledger's new entries, in order; without their balances.
    private(set) var postings: [Posting] = []
    private(set) var contradictions: [Contradiction] = []

    private var handled: Set<UUID>
    private var changedSet: Set<UUID> = []
    private let pricing: Pricing

    /// - Parameters:
    ///   - tickets: What is known of the tickets of the events to come.
    ///   - handled: The ids of those of the events to come that are in the ledger already.
    init(tickets: [UUID: Ticket], handled: Set<UUID>, pricing: Pricing) {
        self.tickets = tickets
        self.handled = handled
        self.pricing = pricing
    }

    /// Takes the next event; one that was handled before does nothing.
    ///
    /// - Throws: `DeliveryError` with `AwaitedFact` for a ticket that was not heard of yet.
    mutating func take(_ event: TicketEvent) throws {
        guard handled.insert(event.delivery.id).inserted else { return }
        guard let ticket = tickets[event.ticket] else {
            guard case .created(let assignee, let title) = event.change else {
                throw DeliveryError(event.delivery, AwaitedFact(subject: .ticket, id: event.ticket))
            }
            let price = pricing.price(event.ticket)
            priced.append((event.ticket, price, event.delivery))
            set(event.ticket, Ticket(title: title, price: price, assignee: assignee, isClosed: false))
            return post(.commission, -price.commission.cents, of: event)
        }
        switch event.change {
        case .created:
            contradictions.append(Contradiction(event: event, reason: "the ticket was created before"))
        case .reassigned, .closed:
            guard !ticket.isClosed else {
                return contradictions.append(Contradiction(event: event, reason: "the ticket was closed before"))
            }
            change(ticket, event)
        }
    }

    private mutating func change(_ ticket: Ticket, _ event: TicketEvent) {
        var ticket = ticket
        if case .reassigned(let assignee) = event.change {
            ticket.assignee = assignee
            set(event.ticket, ticket)
            post(.commission, -ticket.price.commission.cents, of: event)
        } else {
            ticket.isClosed = true
            set(event.ticket, ticket)
            post(.reward, ticket.price.reward.cents, of: event)
        }
    }

    private mutating func set(_ id: UUID, _ ticket: Ticket) {
        tickets[id] = ticket
        if changedSet.insert(id).inserted { changed.append(id) }
    }

    /// Books an amount on the account of the ticket's assignee at this point of its life.
    private mutating func post(_ kind: EntryKind, _ amount: Int64, of event: TicketEvent) {
        guard let ticket = tickets[event.ticket] else { return }
        postings.append(
            Posting(
                cause: event.delivery,
                user: ticket.assignee,
                ticket: event.ticket,
                title: ticket.title,
                kind: kind,
                amount: amount
            )
        )
    }

    /// Gives each entry its balance, in order.
    ///
    /// - Parameter balances: Before the first entry, by account.
    /// - Returns: The balances after the last.
    /// - Throws: `DeliveryError` with `AwaitedFact` for an account that is not there, or `BalanceOverflow`.
    mutating func balance(from balances: [UUID: Int64]) throws -> [UUID: Int64] {
        var balances = balances
        for index in postings.indices {
            let posting = postings[index]
            guard let before = balances[posting.user] else {
                throw DeliveryError(posting.cause, AwaitedFact(subject: .user, id: posting.user))
            }
            let (after, overflow) = before.addingReportingOverflow(posting.amount)
            guard !overflow else { throw DeliveryError(posting.cause, BalanceOverflow(user: posting.user)) }
            balances[posting.user] = after
            postings[index].balanceAfter = after
        }
        return balances
    }
}
