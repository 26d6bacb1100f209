import Foundation
import Perch
import PopugEvents
import Postgres

/// Counts assignments and closes. Idempotent by event id; what comes before the price of its ticket is kept until then.
struct FollowTickets: BatchHandler {
    let types = TicketEvent.types
    let model: ReadModel

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
        let events = try batch.compactMap { try TicketEvent($0) }
        try model.open(in: tx)
        var history = try history(of: events, in: tx)
        for event in events { history.take(event) }
        try model.save(history.contradictions, in: tx)
        try save(history, in: tx)
        try model.add(history.movements, in: tx)
    }

    private func history(of events: [TicketEvent], in tx: borrowing Transaction) throws -> TicketHistory {
        var tickets: [UUID: TicketHistory.Ticket] = [:]
        var handled: Set<UUID> = []
        _ = try tx.query(
            """
            SELECT e.event_id, m.event_id IS NOT NULL OR c.event_id IS NOT NULL AS is_handled,
                t.ticket_id, t.title, t.assignee_id, t.closed_at, t.commission, t.reward
            FROM unnest(\(events.map(\.delivery.id)), \(events.map(\.ticket))) AS e (event_id, ticket_id)
            LEFT JOIN analytics.movements m ON m.event_id = e.event_id
            LEFT JOIN analytics.contradictions c ON c.event_id = e.event_id
            LEFT JOIN analytics.tickets t ON t.ticket_id = e.ticket_id
            """
        ) { row in
            if try row.decode("is_handled") { handled.insert(try row.decode("event_id")) }
            guard let id = try row.decodeIfPresent("ticket_id", as: UUID.self), tickets[id] == nil else { return }
            var ticket = TicketHistory.Ticket(
                title: try row.decodeIfPresent("title"),
                assignee: try row.decodeIfPresent("assignee_id"),
                closedAt: try row.decodeIfPresent("closed_at")
            )
            if let commission = try row.decodeIfPresent("commission", as: Int64.self) {
                ticket.price = TicketHistory.Price(commission: commission, reward: try row.decode("reward"))
            }
            tickets[id] = ticket
        }
        return TicketHistory(tickets: tickets, handled: handled)
    }

    private func save(_ history: TicketHistory, in tx: borrowing Transaction) throws {
        let tickets = history.changed.compactMap { id in history.tickets[id].map { (id: id, now: $0) } }
        guard !tickets.isEmpty else { return }
        try tx.execute(
            """
            INSERT INTO analytics.tickets (ticket_id, title, assignee_id, closed_at)
            SELECT * FROM unnest(
                \(tickets.map(\.id)), \(tickets.map(\.now.title)), \(tickets.map(\.now.assignee)),
                \(tickets.map(\.now.closedAt))
            )
            ON CONFLICT (ticket_id) DO UPDATE
            SET title = excluded.title, assignee_id = excluded.assignee_id, closed_at = excluded.closed_at
            """
        )
    }
}
