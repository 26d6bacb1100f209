import Foundation
import Perch
import Postgres

/// A login that has not ended, as its owner sees it.
struct OpenLogin: Sendable {
    let id: UUID
    let beganAt: Timestamp
    let lastUsedAt: Timestamp
    let userAgent: String
}

extension SSOSessions {
    /// The logins of a user that have not ended, the newest first.
    func open(of user: UUID) async throws -> [OpenLogin] {
        let now = now()
        return try await database.query(
            """
            SELECT session_id, began_at, last_used_at, user_agent FROM auth.sso_sessions
            WHERE user_id = \(user) AND ended_at IS NULL AND expires_at > \(now)
                AND last_used_at > \(now + (.zero - SSOSession.longestPause))
            ORDER BY session_id DESC LIMIT 50
            """
        ) { row in
            OpenLogin(
                id: try row.decode(0),
                beganAt: try row.decode(1),
                lastUsedAt: try row.decode(2),
                userAgent: try row.decode(3)
            )
        }
    }

    /// Keeps what the next page says on top.
    func leave(_ message: String, for session: UUID) async throws {
        try await database.execute("UPDATE auth.sso_sessions SET message = \(message) WHERE session_id = \(session)")
    }

    /// The same, before it is said.
    func message(of session: UUID) async throws -> String? {
        try await database.query("SELECT message FROM auth.sso_sessions WHERE session_id = \(session)") {
            try $0.decodeIfPresent(0, as: String.self)
        }.first ?? nil
    }

    /// What the next page says on top, once.
    func takeMessage(of session: UUID) async throws -> String? {
        try await database.transaction { tx in
            let found = try tx.query(
                "SELECT message FROM auth.sso_sessions WHERE session_id = \(session) AND message IS NOT NULL FOR UPDATE"
            ) { try $0.decode(0, as: String.self) }
            if !found.isEmpty {
                try tx.execute("UPDATE auth.sso_sessions SET message = NULL WHERE session_id = \(session)")
            }
            return found.first
        }
    }
}
