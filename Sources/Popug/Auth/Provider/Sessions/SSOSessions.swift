import Foundation
import Perch
import Postgres

/// The logins of browsers.
struct SSOSessions: Sendable {
    /// How long one that has ended is kept: so long its page can say whom it was told to.
    static let memory = Duration.seconds(86_400)
    /// How many of a user are kept: who begins more loses the oldest.
    static let most = 1000

    let database: Database
    let now: @Sendable () -> Timestamp

    /// Begins one, always under a new cookie: what was in the browser before is worth nothing afterwards.
    ///
    /// - Parameters:
    ///   - version: Only if the user's password is still this one.
    ///   - before: The session that the browser had, which ends.
    ///   - alongside: Runs before, in the same transaction.
    /// - Returns: The cookie, and the session.
    /// - Throws: `LoginRefusal.wrongCredentials` where the password is another by now, or the user is disabled.
    func begin(
        for user: User,
        ifPasswordIs version: Int,
        userAgent: String,
        insteadOf before: UUID?,
        alongside: @escaping @Sendable (borrowing Transaction) throws -> Void
    ) async throws -> (cookie: Secret, session: SSOSession) {
        let (cookie, now) = (Secret(), now())
        let session = SSOSession(id: .v7(), user: user, beganAt: now)
        try await database.transaction { tx in
            // First of all, as `Sessions.begin` does, and for the same reason.
            try tx.execute("SELECT FROM auth.users WHERE user_id = \(user.userID) FOR NO KEY UPDATE")
            try alongside(tx)
            try Self.forget(user.userID, at: now, in: tx)
            let allowed = try tx.query(
                """
                SELECT disabled_at IS NULL AND password_version = \(version) FROM auth.users WHERE user_id = \(user.userID)
                """
            ) { try $0.decode(0, as: Bool.self) }
            guard allowed == [true] else { throw LoginRefusal.wrongCredentials }
            if let before { try Self.end([before], .replaced, at: now, in: tx) }
            try tx.execute(
                """
                INSERT INTO auth.sso_sessions
                    (session_id, user_id, cookie_hash, began_at, last_used_at, expires_at, user_agent)
                VALUES (\(session.id), \(user.userID), \(cookie.hash), \(now), \(now), \(now + SSOSession.lifetime),
                    \(Self.kept(userAgent)))
                """
            )
        }
        return (cookie, session)
    }

    /// Whose cookie it is; nil where the session has ended, or its user is kept out.
    func session(of cookie: Secret?) async throws -> SSOSession? {
        guard let cookie else { return nil }
        let now = now()
        return try await database.query(
            """
            SELECT s.session_id, s.began_at, u.user_id, u.name, u.email, u.role, u.created_at, u.disabled_at
            FROM auth.sso_sessions s JOIN auth.users u USING (user_id)
            WHERE s.cookie_hash = \(cookie.hash) AND s.ended_at IS NULL AND u.disabled_at IS NULL
                AND s.expires_at > \(now) AND s.last_used_at > \(now + (.zero - SSOSession.longestPause))
            """
        ) { try SSOSession($0) }.first
    }

    /// Ends one, with all refresh tokens that it gave.
    ///
    /// - Returns: Whether it had not ended yet.
    @discardableResult
    func end(_ session: UUID, _ reason: SessionEnd) async throws -> Bool {
        let now = now()
        return try await database.transaction { tx in try Self.end([session], reason, at: now, in: tx) } > 0
    }

    // MARK: In a transaction

    /// - Returns: How many had not ended yet.
    @discardableResult
    static func end(
        _ sessions: [UUID],
        _ reason: SessionEnd,
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws -> Int {
        // First the login: whoever is about to begin a session of tokens in it has locked it.
        let ended = try tx.affectedRows(
            """
            UPDATE auth.sso_sessions SET ended_at = \(now), end_reason = \(reason.rawValue)
            WHERE session_id = ANY(\(sessions)) AND ended_at IS NULL
            """
        )
        try tx.execute(
            """
            UPDATE auth.sessions SET ended_at = \(now), end_reason = 'revoked'
            WHERE sso_session_id = ANY(\(sessions)) AND ended_at IS NULL
            """
        )
        return ended
    }

    /// Ends all of a user.
    ///
    /// - Returns: How many had not ended yet.
    static func endAll(
        of user: UUID,
        _ reason: SessionEnd,
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws -> Int {
        try tx.affectedRows(
            """
            UPDATE auth.sso_sessions SET ended_at = \(now), end_reason = \(reason.rawValue)
            WHERE user_id = \(user) AND ended_at IS NULL AND expires_at > \(now)
            """
        )
    }

    /// As text that Postgres takes, and no longer than anybody reads.
    static func kept(_ userAgent: String) -> String {
        let scalars = userAgent.unicodeScalars.filter { $0.value != 0 }.prefix(SSOSession.longestUserAgent)
        return String(String.UnicodeScalarView(scalars))
    }

    private static func forget(_ user: UUID, at now: Timestamp, in tx: borrowing Transaction) throws {
        let before = now + (.zero - Self.memory)
        try tx.execute(
            """
            DELETE FROM auth.sso_sessions WHERE session_id IN (
                SELECT session_id FROM auth.sso_sessions WHERE expires_at < \(before)
                ORDER BY expires_at LIMIT 10 FOR UPDATE SKIP LOCKED
            )
            """
        )
        try tx.execute(
            """
            DELETE FROM auth.sso_sessions WHERE session_id IN (
                SELECT session_id FROM auth.sso_sessions WHERE session_id IN (
                    -- Apart: what an OFFSET passes over is locked as well.
                    SELECT session_id FROM auth.sso_sessions WHERE user_id = \(user)
                    ORDER BY session_id DESC OFFSET \(Self.most - 1) LIMIT 10
                ) FOR UPDATE SKIP LOCKED
            )
            """
        )
    }
}
