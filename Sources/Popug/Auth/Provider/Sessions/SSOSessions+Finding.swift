import Foundation
import Perch
import Postgres

/// What a browser's cookie stands for.
enum FoundLogin: Sendable {
    case open(SSOSession)
    /// Of this login, which is over.
    case over(UUID)
}

extension SSOSessions {
    /// What a cookie stands for; nil: for nothing that is known. A login that is over by the clock, or whose user is kept out,
    /// has ended afterwards.
    func find(_ cookie: Secret?) async throws -> FoundLogin? {
        guard let cookie else { return nil }
        let now = now()
        let found = try await database.query(
            """
            SELECT s.session_id, s.began_at, u.user_id, u.name, u.email, u.role, u.created_at, u.disabled_at,
                s.ended_at IS NOT NULL AS is_ended,
                s.expires_at <= \(now) OR s.last_used_at <= \(now + (.zero - SSOSession.longestPause)) AS is_overdue
            FROM auth.sso_sessions s JOIN auth.users u USING (user_id) WHERE s.cookie_hash = \(cookie.hash)
            """
        ) { row in
            (
                session: try SSOSession(row), isEnded: try row.decode("is_ended", as: Bool.self),
                isOverdue: try row.decode("is_overdue", as: Bool.self)
            )
        }
        guard let (session, isEnded, isOverdue) = found.first else { return nil }
        if isEnded { return .over(session.id) }
        if session.user.disabledAt != nil {
            try await end(session.id, .disabled)
        } else if isOverdue {
            try await database.transaction { tx in try Self.endOverdue(session.id, at: now, in: tx) }
        } else {
            return .open(session)
        }
        return .over(session.id)
    }
}
