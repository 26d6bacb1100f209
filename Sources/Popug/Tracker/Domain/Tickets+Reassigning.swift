import Foundation
import Perch
import PopugEvents
public import Postgres

extension Tickets {
    /// How many tickets are updated by one statement: enough to make its cost small, few enough that the server works on
    /// one chunk while the next is being written.
    private static let chunk = 5_000

    /// Assigns every open ticket to an employee drawn at random, the present one included, and publishes
    /// `ticket_reassigned` for each: all of it or nothing.
    ///
    /// Presses follow each other. Reading goes on meanwhile; closing one of these tickets waits for it. A ticket that is
    /// created meanwhile keeps the employee it was created with.
    ///
    /// - Returns: How many tickets were reassigned.
    /// - Throws: `TicketError.Code.noEmployee`; `PostgresError`.
    public func reassignAll(in database: Database) async throws -> Int {
        try await database.transaction { tx in
            var generator = SystemRandomNumberGenerator()
            return try reassignAll(in: tx, using: &generator)
        }
    }

    /// The same with this transaction.
    ///
    /// - Parameter generator: Where the draws come from.
    public func reassignAll(
        in tx: borrowing Transaction,
        using generator: inout some RandomNumberGenerator
    ) throws -> Int {
        try tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('tracker.reassign', 0))")
        // Locked before anything is published: a close comes before all of this or after it, never in between.
        let open = try tx.query(
            "SELECT ticket_id FROM tracker.tickets WHERE status = 'open' ORDER BY ticket_id FOR NO KEY UPDATE"
        ) { try $0.decode(0, as: UUID.self) }
        guard !open.isEmpty else { return 0 }
        let employees = try Employees.all(in: tx)
        for start in stride(from: 0, to: open.count, by: Self.chunk) {
            var events: [TicketReassigned] = []
            for ticket in open[start..<min(start + Self.chunk, open.count)] {
                guard let assignee = employees.randomElement(using: &generator) else { throw TicketError.noEmployee }
                events.append(TicketReassigned(ticketID: ticket, assigneeID: assignee))
            }
            try tx.execute(
                """
                UPDATE tracker.tickets t SET assignee_id = n.assignee_id
                FROM unnest(\(events.map(\.ticketID)), \(events.map(\.assigneeID))) AS n (ticket_id, assignee_id)
                WHERE t.ticket_id = n.ticket_id
                """
            )
            try tx.publish(events)
        }
        return open.count
    }
}
