import Foundation
import Perch
import Postgres

/// The rows of sessions, which are kept for a while and up to a number.
struct SessionRows: Sendable {
    /// A table of schema `auth` with `session_id`, `user_id`, `expires_at` and `ended_at`.
    let table: String
    /// How long one is kept after its time.
    let memory: Duration
    /// How many of a user are kept.
    let most: Int

    /// Forgets some that expired long ago, and those of a user for whom there is no room: what has ended goes first, then the
    /// oldest. A login that its clients are still to be told of stays.
    ///
    /// A login takes more away than it adds, so neither what has expired piles up nor what one user begins.
    func forget(_ user: UUID, at now: Timestamp, in tx: borrowing Transaction) throws {
        try tx.execute(
            """
            DELETE FROM auth.\(identifier: table) WHERE session_id IN (
                SELECT session_id FROM auth.\(identifier: table) AS s
                WHERE expires_at < \(now + (.zero - memory)) AND NOT EXISTS (
                    SELECT FROM auth.sso_clients c WHERE c.session_id = s.session_id AND c.due_at IS NOT NULL
                )
                ORDER BY expires_at LIMIT 10 FOR UPDATE SKIP LOCKED
            )
            """
        )
        try tx.execute(
            """
            DELETE FROM auth.\(identifier: table) WHERE session_id IN (
                SELECT session_id FROM auth.\(identifier: table) WHERE session_id IN (
                    -- Apart: what an OFFSET passes over is locked as well.
                    SELECT session_id FROM auth.\(identifier: table) AS s
                    WHERE user_id = \(user) AND NOT EXISTS (
                        SELECT FROM auth.sso_clients c WHERE c.session_id = s.session_id AND c.due_at IS NOT NULL
                    )
                    ORDER BY ended_at IS NOT NULL, session_id DESC OFFSET \(most - 1) LIMIT 10
                ) FOR UPDATE SKIP LOCKED
            )
            """
        )
    }
}
