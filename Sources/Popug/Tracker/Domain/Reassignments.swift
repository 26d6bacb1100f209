public import Foundation
import Perch
public import Postgres

/// The presses of reassign: each has a row, which is finished in the transaction that reassigns.
///
/// The id comes from whoever presses, so a press that is sent twice is one. While a process is at it, its transaction holds a lock
/// of the press's own: other processes see by it that it is under way, and that it stopped where the process died.
public struct Reassignments: Sendable {
    /// It holds nothing: one is as good as another.
    public init() {}

    // MARK: Pressing

    /// Assigns every open ticket to an employee drawn at random, as `Tickets.reassignAll`, and notes that with it.
    ///
    /// A press that is finished is not done again. One that another process is at is not waited for. One that stopped is done
    /// now. Different presses follow each other.
    ///
    /// - Parameters:
    ///   - id: Of this press, made by whoever asks for it.
    ///   - user: Who presses.
    ///   - report: Is told how far it is, on the transaction's thread: see `Tickets.reassignAll`. Default: nobody is told.
    /// - Returns: The press as it is now: finished, or under way elsewhere.
    /// - Throws: `TicketError`: `.noEmployee`; `.notFound` where the id is of somebody else's press. `PostgresError`. Nothing was
    ///   reassigned then, unless it is `.commitUnclear`: look at the press.
    public func press(
        _ id: UUID,
        by user: UUID,
        in database: Database,
        reporting report: @escaping @Sendable (ReassignmentProgress) -> Void = { _ in }
    ) async throws -> Reassignment {
        try await note(id, by: user, in: database)
        try await database.transaction { tx in
            var generator = SystemRandomNumberGenerator()
            try run(id, by: user, in: tx, using: &generator, reporting: report)
        }
        guard let press = try await reassignment(id, in: database) else { throw TicketError.notFound }
        return press
    }

    /// Notes that somebody presses, so that all processes know of it. What is noted already stays as it is.
    func note(_ id: UUID, by user: UUID, in database: Database) async throws {
        try await database.execute(
            """
            INSERT INTO tracker.reassignments (id, by_user, at) VALUES (\(id), \(user), \(Timestamp.now))
            ON CONFLICT (id) DO NOTHING
            """
        )
    }

    /// What is done in the transaction; its row is there.
    func run(
        _ id: UUID,
        by user: UUID,
        in tx: borrowing Transaction,
        using generator: inout some RandomNumberGenerator,
        reporting report: (ReassignmentProgress) -> Void = { _ in }
    ) throws {
        let isMine = try tx.query(
            "SELECT pg_try_advisory_xact_lock(lock_key) FROM tracker.reassignments WHERE id = \(id)"
        ) { try $0.decode(0, as: Bool.self) }
        // Read once the lock is held: whoever had it before has committed by then.
        let found = try tx.query(
            "SELECT by_user, finished_at IS NOT NULL AS is_finished FROM tracker.reassignments WHERE id = \(id)"
        ) { (by: try $0.decode("by_user", as: UUID.self), isFinished: try $0.decode("is_finished", as: Bool.self)) }
        guard let press = found.first, press.by == user else { throw TicketError.notFound }
        guard isMine == [true], !press.isFinished else { return }
        let count = try Tickets().reassignAll(in: tx, using: &generator, reporting: report)
        try tx.execute(
            """
            UPDATE tracker.reassignments SET finished_at = \(Timestamp.now), tickets = \(Int64(count)) WHERE id = \(id)
            """
        )
    }

    // MARK: Reading

    /// What a press would do now. It locks nothing.
    public func outlook(in database: Database) async throws -> ReassignmentOutlook {
        let found = try await database.query(
            """
            SELECT (SELECT count(*) FROM tracker.tickets WHERE status = 'open') AS tickets,
                (SELECT coalesce(max(place), 0) FROM tracker.users) AS employees
            """
        ) {
            ReassignmentOutlook(openTickets: try $0.decode("tickets"), employees: try $0.decode("employees"))
        }
        return found.first ?? ReassignmentOutlook(openTickets: 0, employees: 0)
    }

    /// A press; nil if there is none of this id.
    public func reassignment(_ id: UUID, in database: Database) async throws -> Reassignment? {
        try await reassignments([id], in: database).first
    }

    /// Those of these presses that there are.
    public func reassignments(_ ids: [UUID], in database: Database) async throws -> [Reassignment] {
        try await database.transaction { tx in
            let held = try heldLocks(in: tx)
            return try tx.query(
                """
                SELECT r.*, \(raw: Self.name), r.lock_key = ANY (\(held)) AS is_under_way
                FROM tracker.reassignments r LEFT JOIN tracker.users u ON u.user_id = r.by_user WHERE r.id = ANY (\(ids))
                """
            ) { try Reassignment($0) }
        }
    }

    /// The last presses, the newest first.
    public func latest(_ limit: Int = 5, in database: Database) async throws -> [Reassignment] {
        try await database.transaction { tx in try latest(limit, in: tx) }
    }

    /// The press that this one waits for, or would: the earliest that is under way, if it is another one.
    public func ahead(of id: UUID, in database: Database) async throws -> Reassignment? {
        try await database.transaction { tx in try ahead(of: id, in: tx) }
    }

    func latest(_ limit: Int = 5, in tx: borrowing Transaction) throws -> [Reassignment] {
        let held = try heldLocks(in: tx)
        return try tx.query(
            """
            SELECT r.*, \(raw: Self.name), r.lock_key = ANY (\(held)) AS is_under_way
            FROM tracker.reassignments r LEFT JOIN tracker.users u ON u.user_id = r.by_user
            ORDER BY r.at DESC, r.id LIMIT \(limit)
            """
        ) { try Reassignment($0) }
    }

    func ahead(of id: UUID, in tx: borrowing Transaction) throws -> Reassignment? {
        let held = try heldLocks(in: tx)
        let first = try tx.query(
            """
            SELECT r.*, \(raw: Self.name), true AS is_under_way
            FROM tracker.reassignments r LEFT JOIN tracker.users u ON u.user_id = r.by_user
            WHERE r.finished_at IS NULL AND r.lock_key = ANY (\(held)) ORDER BY r.at, r.id LIMIT 1
            """
        ) { try Reassignment($0) }.first
        return first?.id == id ? nil : first
    }

    /// The keys of the advisory locks that are held. They are read by a statement of their own, before the presses: what a
    /// lock's holder has committed is seen by a statement that begins once the lock is gone, so no finished press is taken for
    /// one that stopped.
    private func heldLocks(in tx: borrowing Transaction) throws -> [Int64] {
        try tx.query(
            """
            SELECT classid::bigint << 32 | objid::bigint AS key FROM pg_locks
            WHERE locktype = 'advisory' AND objsubid = 1 AND granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
        ) { try $0.decode("key", as: Int64.self) }
    }

    private static let name: StaticString = "coalesce(u.name, left(r.by_user::text, 8)) AS by_name"
}
