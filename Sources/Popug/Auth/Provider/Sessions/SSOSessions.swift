import Foundation
import Perch
import Postgres

/// The logins of browsers.
struct SSOSessions: Sendable {
    /// How long one that has ended is kept: so long its page can say whom it was told to.
    static let memory = Duration.seconds(86_400)
    /// How many of a user there are: where one more begins, the oldest ends.
    static let most = 1000
    static let rows = SessionRows(table: "sso_sessions", memory: memory, most: most)

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
            if let before { try Self.end([before], .replaced, at: now, in: tx) }
            try Self.makeRoom(for: user.userID, at: now, in: tx)
            let allowed = try tx.query(
                """
                SELECT disabled_at IS NULL AND password_version = \(version) FROM auth.users WHERE user_id = \(user.userID)
                """
            ) { try $0.decode(0, as: Bool.self) }
            guard allowed == [true] else { throw LoginRefusal.wrongCredentials }
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

    /// As text that Postgres takes, and no longer than anybody reads.
    static func kept(_ userAgent: String) -> String {
        let scalars = userAgent.unicodeScalars.filter { $0.value != 0 }.prefix(SSOSession.longestUserAgent)
        return String(String.UnicodeScalarView(scalars))
    }
}
