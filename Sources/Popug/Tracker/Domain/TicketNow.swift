import Foundation
import Postgres

/// What changes of a ticket, as open pages show it.
struct TicketNow: Sendable, Hashable {
    let ticketID: UUID
    let assigneeID: UUID
    /// The id's first 8 characters where the events did not tell.
    let assigneeName: String
    /// Since when; nil where it was assigned before this was kept.
    let assignedAt: Timestamp?
    /// Nil while it is open.
    let closedAt: Timestamp?

    var status: Ticket.Status { closedAt == nil ? .open : .closed }
}

extension Tickets {
    /// Those of these tickets that there are, as they are now, without what never changes.
    func now(of ids: Set<UUID>, in database: Database) async throws -> [TicketNow] {
        try await database.query(
            """
            SELECT t.ticket_id, t.assignee_id, t.assigned_at, t.closed_at,
                coalesce(a.name, left(t.assignee_id::text, 8)) AS assignee_name
            FROM tracker.tickets t LEFT JOIN tracker.users a ON a.user_id = t.assignee_id
            WHERE t.ticket_id = ANY (\(Array(ids)))
            """
        ) {
            TicketNow(
                ticketID: try $0.decode("ticket_id"),
                assigneeID: try $0.decode("assignee_id"),
                assigneeName: try $0.decode("assignee_name"),
                assignedAt: try $0.decodeIfPresent("assigned_at"),
                closedAt: try $0.decodeIfPresent("closed_at")
            )
        }
    }

    /// How many open tickets each of them has; those who have none are left out.
    func openCounts(of users: Set<UUID>, in database: Database) async throws -> [UUID: Int] {
        let rows = try await database.query(
            """
            SELECT assignee_id, count(*) AS count FROM tracker.tickets
            WHERE assignee_id = ANY (\(Array(users))) AND status = 'open' GROUP BY assignee_id
            """
        ) { (user: try $0.decode("assignee_id", as: UUID.self), count: try $0.decode("count", as: Int.self)) }
        return [UUID: Int](rows.map { ($0.user, $0.count) }) { $1 }
    }
}
