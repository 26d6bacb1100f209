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
    /// - Parameters:
    ///   - generator: Where the draws come from.
    ///   - report: Is told how far it is: once all of it is locked, and after each chunk. Default: nobody is told.
    public func reassignAll(
        in tx: borrowing Transaction,
        using generator: inout some RandomNumberGenerator,
        reporting report: (ReassignmentProgress) -> Void = { _ in }
    ) throws -> Int {
        try tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('tracker.reassign', 0))")
        // Locked before anything is published: a close comes before all of this or after it, never in between.
        let open = try tx.query(
            "SELECT ticket_id FROM tracker.tickets WHERE status = 'open' ORDER BY ticket_id FOR NO KEY UPDATE"
        ) { try $0.decode(0, as: UUID.self) }
        guard !open.isEmpty else { return 0 }
        let employees = try Employees.all(in: tx)
        report(ReassignmentProgress(drawn: 0, total: open.count))
        for start in stride(from: 0, to: open.count, by: Self.chunk) {
            let end = min(start + Self.chunk, open.count)
            var events: [TicketReassigned] = []
            for ticket in open[start..<end] {
                guard let assignee = employees.randomElement(using: &generator) else { throw TicketError.noEmployee }
                events.append(TicketReassigned(ticketID: ticket, assigneeID: assignee))
            }
            let now = Timestamp.now
            try tx.execute(
                """
                UPDATE tracker.tickets t SET assignee_id = n.assignee_id, assigned_at = \(now)
                FROM unnest(\(events.map(\.ticketID)), \(events.map(\.assigneeID))) AS n (ticket_id, assignee_id)
                WHERE t.ticket_id = n.ticket_id
                """
            )
            try tx.publish(events.map { Publication($0, time: now) })
            report(ReassignmentProgress(drawn: end, total: open.count))
        }
        return open.count
    }
}
