import Foundation
import Perch
import PopugEvents
import Postgres

/// Prices new tickets, charges the commission at each assignment and credits the reward at closing.
///
/// Every event of `tickets` is the cause of exactly one ledger entry, and entry, ticket and balance are written together.
/// So the ledger tells which events took effect already, and what it has is skipped whole: redelivery and replay change
/// nothing. Accounts are locked in one order by all workers, by id, at the end.
struct PostTicketEvents: BatchHandler {
    let timeZone: TimeZone
    let pricing: Pricing

    var types: [EventType] { [TicketCreated.type, TicketReassigned.type, TicketClosed.type] }

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
        let events = try batch.map { try TicketEvent($0) }
        var posted = try alreadyPosted(events.map(\.delivery.id), in: tx)
        let fresh = events.filter { posted.insert($0.delivery.id).inserted }
        guard !fresh.isEmpty else { return }

        var tickets = try loadTickets(fresh.map(\.ticket), in: tx)
        var entries: [(event: TicketEvent, entry: LedgerEntry)] = []
        var priced: [Publication<TicketMoneyUpdated>] = []
        for event in fresh {
            let entry = try post(event, &tickets, &priced)
            entries.append((event, entry))
        }
        try write(entries, tickets, in: tx)
        try tx.publish(priced)
    }

    /// What an event does to its ticket, and the ledger entry it causes.
    private func post(
        _ event: TicketEvent,
        _ tickets: inout [UUID: Ticket],
        _ priced: inout [Publication<TicketMoneyUpdated>]
    ) throws -> LedgerEntry {
        let kind: LedgerEntry.Kind
        switch event.change {
        case .created(let assignee, let title):
            let price = pricing.price(event.ticket)
            tickets[event.ticket] = Ticket(id: event.ticket, title: title, price: price, assignee: assignee)
            let money = TicketMoneyUpdated(
                ticketID: event.ticket,
                commission: price.commission,
                reward: price.reward
            )
            priced.append(Publication(money, time: event.delivery.time, traceparent: event.delivery.envelope.traceparent))
            kind = .commission
        case .reassigned(let assignee):
            tickets[event.ticket]?.assignee = assignee
            kind = .commission
        case .closed:
            tickets[event.ticket]?.isClosed = true
            kind = .reward
        }
        guard let ticket = tickets[event.ticket] else {
            throw DeliveryError(event.delivery, PostingError.unknownTicket(event.ticket))
        }
        return LedgerEntry(
            cause: event.delivery.id,
            kind: kind,
            user: ticket.assignee,
            ticket: ticket,
            at: event.delivery.time
        )
    }

    // MARK: Reading

    private func alreadyPosted(_ events: [UUID], in tx: borrowing Transaction) throws -> Set<UUID> {
        Set(
            try tx.query("SELECT event_id FROM accounting.ledger WHERE event_id = ANY (\(events))") {
                try $0.decode("event_id", as: UUID.self)
            }
        )
    }

    private func loadTickets(_ ids: [UUID], in tx: borrowing Transaction) throws -> [UUID: Ticket] {
        let tickets = try tx.query(
            """
            SELECT ticket_id, title, commission, reward, assignee_id, is_closed
            FROM accounting.tickets WHERE ticket_id = ANY (\(Array(Set(ids))))
            """
        ) { row in
            Ticket(
                id: try row.decode("ticket_id"),
                title: try row.decode("title"),
                price: Price(
                    commission: Money(cents: try row.decode("commission")),
                    reward: Money(cents: try row.decode("reward"))
                ),
                assignee: try row.decode("assignee_id"),
                isClosed: try row.decode("is_closed")
            )
        }
        return Dictionary(uniqueKeysWithValues: tickets.map { ($0.id, $0) })
    }

    private func lockBalances(of users: [UUID], in tx: borrowing Transaction) throws -> Balances {
        let rows = try tx.query(
            """
            SELECT user_id, balance FROM accounting.accounts WHERE user_id = ANY (\(Array(Set(users))))
            ORDER BY user_id FOR UPDATE
            """
        ) { (try $0.decode("user_id", as: UUID.self), try $0.decode("balance", as: Int64.self)) }
        return Balances(Dictionary(uniqueKeysWithValues: rows))
    }

    // MARK: Writing

    private func write(
        _ entries: [(event: TicketEvent, entry: LedgerEntry)],
        _ tickets: [UUID: Ticket],
        in tx: borrowing Transaction
    ) throws {
        var balances = try lockBalances(of: entries.map(\.entry.user), in: tx)
        let after = try entries.map { event, entry in
            do { return try balances.post(entry) } catch { throw DeliveryError(event.delivery, error) }
        }
        let ledger = entries.map(\.entry)
        try tx.execute(
            """
            INSERT INTO accounting.ledger
                (event_id, kind, user_id, ticket_id, title, amount, balance_after, business_day, at)
            SELECT e.event_id, e.kind, e.user_id, e.ticket_id, e.title, e.amount, e.balance_after,
                (e.at AT TIME ZONE \(timeZone.identifier))::date, e.at
            FROM unnest(
                \(ledger.map(\.cause)), \(ledger.map(\.kind.rawValue)), \(ledger.map(\.user)), \(ledger.map(\.ticket.id)),
                \(ledger.map(\.ticket.title)), \(ledger.map(\.amount)), \(after), \(ledger.map(\.at))
            ) WITH ORDINALITY AS e (event_id, kind, user_id, ticket_id, title, amount, balance_after, at, place)
            ORDER BY e.place
            """
        )
        let changed = balances.all
        try tx.execute(
            """
            UPDATE accounting.accounts a SET balance = b.balance
            FROM unnest(\(changed.map(\.user)), \(changed.map(\.balance))) AS b (user_id, balance)
            WHERE a.user_id = b.user_id
            """
        )
        let touched = Set(ledger.map(\.ticket.id)).compactMap { tickets[$0] }
        try tx.execute(
            """
            INSERT INTO accounting.tickets (ticket_id, title, commission, reward, assignee_id, is_closed)
            SELECT * FROM unnest(
                \(touched.map(\.id)), \(touched.map(\.title)), \(touched.map(\.price.commission.cents)),
                \(touched.map(\.price.reward.cents)), \(touched.map(\.assignee)), \(touched.map(\.isClosed))
            )
            ON CONFLICT (ticket_id) DO UPDATE SET assignee_id = EXCLUDED.assignee_id, is_closed = EXCLUDED.is_closed
            """
        )
    }
}

/// An event of topic `tickets`, decoded.
private struct TicketEvent {
    enum Change {
        case created(assignee: UUID, title: String)
        case reassigned(assignee: UUID)
        case closed
    }

    let delivery: Delivery
    let ticket: UUID
    let change: Change

    /// - Throws: `DeliveryError` of an `UndecodableEvent`.
    init(_ delivery: Delivery) throws {
        self.delivery = delivery
        do {
            switch delivery.type {
            case TicketCreated.type:
                let event: TicketCreated = try delivery.decode()
                ticket = event.ticketID
                change = .created(assignee: event.assigneeID, title: event.title ?? "")
            case TicketReassigned.type:
                let event: TicketReassigned = try delivery.decode()
                ticket = event.ticketID
                change = .reassigned(assignee: event.assigneeID)
            default:
                let event: TicketClosed = try delivery.decode()
                ticket = event.ticketID
                change = .closed
            }
        } catch {
            throw DeliveryError(delivery, error)
        }
    }
}
