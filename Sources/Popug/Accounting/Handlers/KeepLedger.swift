import Foundation
import Perch
import PopugEvents
import Postgres

/// Prices tickets, charges commissions and credits rewards: a whole batch by two queries and up to six statements.
///
/// Idempotent by event id: an event that is in the ledger, or came earlier in the batch, does nothing. Tickets are of one
/// partition and so of one worker; accounts are shared by all, and every worker locks them in the same order.
struct KeepLedger: BatchHandler {
    let types = TicketEvent.types
    let pricing: Pricing
    let timeZone: TimeZone

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
        // All are read before anything is written: an event that cannot be read is taken out and the rest comes again.
        let events = try batch.compactMap { try TicketEvent($0) }
        var book = try open(events, in: tx)
        for event in events { try book.take(event) }
        try save(book.contradictions, in: tx)
        guard !book.postings.isEmpty else { return }
        let before = try lockAccounts(Set(book.postings.map(\.user)), in: tx)
        let after = try book.balance(from: before)
        try saveTickets(book, in: tx)
        try saveBalances(after, in: tx)
        try saveLedger(book.postings, in: tx)
        try EarningsSlot.save(book.postings, in: tx)
        try tx.publish(
            book.priced.map { ticket, price, cause in
                Publication(
                    TicketMoneyUpdated(ticketID: ticket, commission: price.commission, reward: price.reward),
                    time: cause.time,
                    traceparent: cause.envelope.traceparent
                )
            }
        )
    }

    // MARK: Reading

    /// What is known of the events' tickets, and which of the events are in the ledger.
    private func open(_ events: [TicketEvent], in tx: borrowing Transaction) throws -> TicketBook {
        // Each statement is planned once, to look rows up by their keys: planned anew it would cost small batches more than
        // running does, and planned for tables that were small then it would read them whole for ever.
        //
        // The lock keeps the days as they are until the commit. It is shared: workers do not wait for each other, and a close
        // has it for an instant. It is had by a statement of its own, before those that look at the days begin.
        try tx.execute(
            """
            SELECT pg_advisory_xact_lock_shared(hashtextextended('accounting.days', 0)),
                set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
                set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)
            """
        )
        var tickets: [UUID: TicketBook.Ticket] = [:]
        var handled: Set<UUID> = []
        _ = try tx.query(
            """
            SELECT e.event_id, l.event_id IS NOT NULL AS is_handled,
                t.ticket_id, t.title, t.assignee_id, t.status = 'closed' AS is_closed, t.commission, t.reward
            FROM unnest(\(events.map(\.delivery.id)), \(events.map(\.ticket))) AS e (event_id, ticket_id)
            LEFT JOIN accounting.ledger l ON l.event_id = e.event_id
            LEFT JOIN accounting.tickets t ON t.ticket_id = e.ticket_id
            """
        ) { row in
            if try row.decode("is_handled") { handled.insert(try row.decode("event_id")) }
            guard let id = try row.decodeIfPresent("ticket_id", as: UUID.self), tickets[id] == nil else { return }
            tickets[id] = TicketBook.Ticket(
                title: try row.decode("title"),
                price: Price(
                    commission: Money(cents: try row.decode("commission")),
                    reward: Money(cents: try row.decode("reward"))
                ),
                assignee: try row.decode("assignee_id"),
                isClosed: try row.decode("is_closed")
            )
        }
        return TicketBook(tickets: tickets, handled: handled, pricing: pricing)
    }

    private func lockAccounts(_ users: Set<UUID>, in tx: borrowing Transaction) throws -> [UUID: Int64] {
        let accounts = try tx.query(
            """
            SELECT user_id, balance FROM accounting.accounts WHERE user_id = ANY (\(Array(users)))
            ORDER BY user_id FOR NO KEY UPDATE
            """
        ) { (try $0.decode("user_id", as: UUID.self), try $0.decode("balance", as: Int64.self)) }
        return Dictionary(uniqueKeysWithValues: accounts)
    }

    // MARK: Writing

    private func saveTickets(_ book: TicketBook, in tx: borrowing Transaction) throws {
        let tickets = book.changed.compactMap { id in book.tickets[id].map { (id: id, now: $0) } }
        try tx.execute(
            """
            INSERT INTO accounting.tickets (ticket_id, title, assignee_id, status, commission, reward)
            SELECT * FROM unnest(
                \(tickets.map(\.id)), \(tickets.map(\.now.title)), \(tickets.map(\.now.assignee)),
                \(tickets.map { $0.now.isClosed ? "closed" : "open" }), \(tickets.map(\.now.price.commission.cents)),
                \(tickets.map(\.now.price.reward.cents))
            )
            ON CONFLICT (ticket_id) DO UPDATE SET assignee_id = excluded.assignee_id, status = excluded.status
            """
        )
    }

    private func saveBalances(_ balances: [UUID: Int64], in tx: borrowing Transaction) throws {
        try tx.execute(
            """
            UPDATE accounting.accounts a SET balance = n.balance
            FROM unnest(\(Array(balances.keys)), \(Array(balances.values))) AS n (user_id, balance)
            WHERE a.user_id = n.user_id
            """
        )
    }

    /// The business day is the event's, unless that is closed: then the next day there is.
    private func saveLedger(_ postings: [Posting], in tx: borrowing Transaction) throws {
        let zone = timeZone.identifier
        try tx.execute(
            """
            INSERT INTO accounting.ledger
                (event_id, user_id, ticket_id, title, kind, amount, balance_after, business_day, at)
            SELECT e.event_id, e.user_id, e.ticket_id, e.title, e.kind, e.amount, e.balance_after,
                greatest((e.at AT TIME ZONE \(zone))::date, open.first_day), e.at
            FROM unnest(
                \(postings.map(\.cause.id)), \(postings.map(\.user)), \(postings.map(\.ticket)),
                \(postings.map(\.title)), \(postings.map(\.kind.rawValue)), \(postings.map(\.amount)),
                \(postings.map(\.balanceAfter)), \(postings.map(\.cause.time))
            ) WITH ORDINALITY AS e (event_id, user_id, ticket_id, title, kind, amount, balance_after, at, nth),
                (
                    -- By way of its midnight: a date that the time zone skips becomes the one after it.
                    SELECT ((max(day) + 1)::timestamp AT TIME ZONE \(zone) AT TIME ZONE \(zone))::date AS first_day
                    FROM accounting.closed_days
                ) AS open
            ORDER BY e.nth
            """
        )
    }

    private func save(_ contradictions: [TicketBook.Contradiction], in tx: borrowing Transaction) throws {
        guard !contradictions.isEmpty else { return }
        try tx.execute(
            """
            INSERT INTO accounting.contradictions (event_id, type, ticket_id, reason, at)
            SELECT * FROM unnest(
                \(contradictions.map(\.event.delivery.id)), \(contradictions.map(\.event.delivery.type.rawValue)),
                \(contradictions.map(\.event.ticket)), \(contradictions.map(\.reason)),
                \(contradictions.map(\.event.delivery.time))
            )
            ON CONFLICT (event_id) DO NOTHING
            """
        )
    }
}
