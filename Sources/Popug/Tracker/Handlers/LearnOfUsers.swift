import Foundation
import Perch
import PopugEvents
import Postgres

/// Keeps what tracker knows of the users. Idempotent by user: who is known stays as he is.
struct LearnOfUsers: BatchHandler {
    let types = [UserCreated.type]

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
        let users = try batch.decode(UserCreated.self)
        // Employees are numbered with no gap, so those who number them follow each other.
        try tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('tracker.employees', 0))")
        try tx.execute(
            """
            INSERT INTO tracker.users (user_id, role, name, place)
            SELECT n.user_id, n.role, n.name,
                CASE n.role WHEN 'employee' THEN
                    (SELECT coalesce(max(place), 0) FROM tracker.users)
                        + row_number() OVER (PARTITION BY n.role ORDER BY n.nth)
                END
            FROM (
                SELECT DISTINCT ON (e.user_id) e.*
                FROM unnest(\(users.map(\.userID)), \(users.map(\.role.rawValue)), \(users.map(\.name)))
                    WITH ORDINALITY AS e (user_id, role, name, nth)
                ORDER BY e.user_id, e.nth
            ) AS n
            WHERE NOT EXISTS (SELECT FROM tracker.users u WHERE u.user_id = n.user_id)
            """
        )
    }
}
