import Foundation
import Perch
import Postgres

/// How a login ends. Whoever ends it, by a page, a call, a command or the clock, does it by `end(_:_:at:in:)`: it is over for
/// its browser, its refresh tokens are good for nothing, and each client that had it is to be told.
extension SSOSessions {
    /// What has ended.
    struct Ended: Sendable {
        var logins: [UUID] = []
        /// Sessions of tokens.
        var tokens = 0
        /// Both.
        var count: Int { logins.count + tokens }
    }

    /// Ends one.
    ///
    /// - Returns: Whether it had not ended yet.
    @discardableResult
    func end(_ session: UUID, _ reason: SessionEnd) async throws -> Bool {
        let now = now()
        return try await database.transaction { tx in
            try !Self.end([session], reason, at: now, in: tx).logins.isEmpty
        }
    }

    /// Ends some of those that are over by the clock.
    ///
    /// - Returns: How many; as many as `most`: there may be more.
    func endOverdue(most: Int) async throws -> Int {
        let now = now()
        return try await database.transaction { tx in
            // Whoever holds one ends it, or uses it at this moment.
            let overdue = try tx.query(
                """
                SELECT session_id, expires_at <= \(now) FROM auth.sso_sessions
                WHERE ended_at IS NULL
                    AND (expires_at <= \(now) OR last_used_at <= \(now + (.zero - SSOSession.longestPause)))
                LIMIT \(most) FOR UPDATE SKIP LOCKED
                """
            ) { (id: try $0.decode(0, as: UUID.self), isExpired: try $0.decode(1, as: Bool.self)) }
            try Self.end(overdue, at: now, in: tx)
            return overdue.count
        }
    }

    // MARK: In a transaction

    /// The one way.
    @discardableResult
    static func end(
        _ sessions: [UUID],
        _ reason: SessionEnd,
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws -> Ended {
        guard !sessions.isEmpty else { return Ended() }
        // First the login: whoever is about to begin a session of tokens in it has locked it.
        let logins = try tx.query(
            """
            UPDATE auth.sso_sessions SET ended_at = \(now), end_reason = \(reason.rawValue)
            WHERE session_id = ANY(\(sessions)) AND ended_at IS NULL RETURNING session_id
            """
        ) { try $0.decode(0, as: UUID.self) }
        try Logouts.add(logins, in: tx)
        let tokens = try tx.affectedRows(
            """
            UPDATE auth.sessions SET ended_at = \(now), end_reason = \(reason.ofTokens.rawValue)
            WHERE sso_session_id = ANY(\(sessions)) AND ended_at IS NULL
            """
        )
        return Ended(logins: logins, tokens: tokens)
    }

    /// Ends all of a user, whose row is locked.
    static func endAll(
        of user: UUID,
        _ reason: SessionEnd,
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws -> Ended {
        let open = try tx.query(
            """
            SELECT session_id FROM auth.sso_sessions WHERE user_id = \(user) AND ended_at IS NULL
            ORDER BY session_id FOR UPDATE
            """
        ) { try $0.decode(0, as: UUID.self) }
        return try end(open, reason, at: now, in: tx)
    }

    /// Ends one that is over by the clock.
    static func endOverdue(_ session: UUID, at now: Timestamp, in tx: borrowing Transaction) throws {
        let overdue = try tx.query(
            """
            SELECT session_id, expires_at <= \(now) FROM auth.sso_sessions
            WHERE session_id = \(session) AND ended_at IS NULL
                AND (expires_at <= \(now) OR last_used_at <= \(now + (.zero - SSOSession.longestPause)))
            FOR UPDATE
            """
        ) { (id: try $0.decode(0, as: UUID.self), isExpired: try $0.decode(1, as: Bool.self)) }
        try end(overdue, at: now, in: tx)
    }

    /// Before a user, whose row is locked, begins one more.
    static func makeRoom(for user: UUID, at now: Timestamp, in tx: borrowing Transaction) throws {
        let oldest = try tx.query(
            """
            SELECT session_id FROM auth.sso_sessions WHERE user_id = \(user) AND ended_at IS NULL
            ORDER BY session_id DESC OFFSET \(most - 1)
            """
        ) { try $0.decode(0, as: UUID.self) }
        try end(oldest, .room, at: now, in: tx)
        try rows.forget(user, at: now, in: tx)
    }

    private static func end(
        _ overdue: [(id: UUID, isExpired: Bool)],
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws {
        try end(overdue.filter(\.isExpired).map(\.id), .expired, at: now, in: tx)
        try end(overdue.filter { !$0.isExpired }.map(\.id), .idle, at: now, in: tx)
    }
}
