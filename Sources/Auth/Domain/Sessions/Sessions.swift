import Foundation
import Logging
import Perch
import PopugEvents
import Postgres
import ServiceKit

/// The sessions of users: each begins with a login and is continued by refresh tokens, of which each is good for one use.
///
/// [RFC 9700, section 4.14](https://www.rfc-editor.org/rfc/rfc9700#section-4.14)
struct Sessions: Sendable {
    /// How long a session lasts at the most, however often it is continued.
    static let lifetime = Duration.seconds(30 * 86_400)
    /// How long an ended session is kept: so long its tokens are told from unknown ones.
    static let memory = Duration.seconds(86_400)

    let database: Database
    let keys: SigningKeys
    let issuer: Issuer
    let logger: Logger
    let now: @Sendable () -> Timestamp

    /// Begins a session.
    ///
    /// - Parameter alongside: Runs in the same transaction.
    func begin(
        for user: User,
        alongside: @escaping @Sendable (borrowing Transaction) throws -> Void = { _ in }
    ) async throws -> TokenPair {
        let access = try await accessToken(user, try await keys.signer())
        let (token, session, now) = (RefreshToken(), UUID.v7(), now())
        try await database.transaction { tx in
            try alongside(tx)
            try Self.forget(at: now, in: tx)
            try tx.execute(
                """
                INSERT INTO auth.sessions (session_id, user_id, began_at, expires_at)
                VALUES (\(session), \(user.userID), \(now), \(now + Self.lifetime))
                """
            )
            try Self.insert(token, of: session, at: now, in: tx)
        }
        return TokenPair(accessToken: access, refreshToken: token)
    }

    /// Continues a session: the token is used up, and there is a new one.
    ///
    /// - Throws: `RefreshRefusal`; after `.reused` the session is ended.
    func refresh(_ token: RefreshToken) async throws -> TokenPair {
        // Signing must not fail once the token is used up: the key is at hand before.
        let signer = try await keys.signer()
        let (new, now) = (RefreshToken(), now())
        let outcome = try await database.transaction { tx in try Self.use(token, for: new, at: now, in: tx) }
        switch outcome {
        case .success(let user):
            return TokenPair(accessToken: try await accessToken(user, signer), refreshToken: new)
        case .failure(let refusal):
            logger.notice("refresh refused", metadata: ["reason": "\(refusal)"])
            throw refusal
        }
    }

    /// Ends the session of a token. A token that is none of ours is no error.
    func revoke(_ token: RefreshToken) async throws {
        try await database.execute(
            """
            UPDATE auth.sessions SET ended_at = \(now()), end_reason = 'revoked'
            WHERE ended_at IS NULL
                AND session_id = (SELECT session_id FROM auth.refresh_tokens WHERE token_hash = \(token.hash))
            """
        )
    }

    private func accessToken(_ user: User, _ signer: SigningKey) async throws -> String {
        let user = AuthenticatedUser(id: user.userID, role: user.role, name: user.name)
        return try signer.sign(AccessToken(issuer: issuer, user: user, id: .v7(), at: now()))
    }

    // MARK: In a transaction

    /// Refusals are returned: what a reuse has changed must be committed.
    private static func use(
        _ token: RefreshToken,
        for new: RefreshToken,
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws -> Result<User, RefreshRefusal> {
        let ids = try tx.query("SELECT session_id FROM auth.refresh_tokens WHERE token_hash = \(token.hash)") {
            try $0.decode(0, as: UUID.self)
        }
        guard let id = ids.first else { return .failure(.unknown) }
        // Whoever comes with the same token, or another of the session, waits here.
        let found = try tx.query(
            """
            SELECT s.expires_at, s.ended_at IS NOT NULL AS is_ended, u.user_id, u.name, u.email, u.role, u.created_at
            FROM auth.sessions s JOIN auth.users u ON u.user_id = s.user_id
            WHERE s.session_id = \(id) FOR UPDATE OF s
            """
        ) { row in
            (
                expiresAt: try row.decode("expires_at", as: Timestamp.self),
                isEnded: try row.decode("is_ended", as: Bool.self), user: try User(row)
            )
        }
        guard let (expiresAt, isEnded, user) = found.first else { return .failure(.unknown) }
        guard !isEnded else { return .failure(.revoked) }
        guard now < expiresAt else { return .failure(.expired) }
        let used = try tx.affectedRows(
            "UPDATE auth.refresh_tokens SET used_at = \(now) WHERE token_hash = \(token.hash) AND used_at IS NULL"
        )
        guard used == 1 else {
            try tx.execute(
                "UPDATE auth.sessions SET ended_at = \(now), end_reason = 'reuse' WHERE session_id = \(id)"
            )
            return .failure(.reused)
        }
        try insert(new, of: id, at: now, in: tx)
        return .success(user)
    }

    private static func insert(
        _ token: RefreshToken,
        of session: UUID,
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO auth.refresh_tokens (token_hash, session_id, issued_at)
            VALUES (\(token.hash), \(session), \(now))
            """
        )
    }

    /// A login takes more away than it adds, so what has expired does not pile up.
    private static func forget(at now: Timestamp, in tx: borrowing Transaction) throws {
        try tx.execute(
            """
            DELETE FROM auth.sessions WHERE session_id IN (
                SELECT session_id FROM auth.sessions WHERE expires_at < \(now + (.zero - Self.memory))
                ORDER BY expires_at LIMIT 10 FOR UPDATE SKIP LOCKED
            )
            """
        )
    }
}
