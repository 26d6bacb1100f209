import Foundation
import HTTPKit
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
    /// How many sessions of a user are kept: who begins more loses one that has ended, or else the oldest.
    static let most = 1000
    static let rows = SessionRows(table: "sessions", memory: memory, most: most)

    let database: Database
    let keys: SigningKeys
    let issuer: Issuer
    let logger: Logger
    let now: @Sendable () -> Timestamp

    /// Begins a session.
    ///
    /// - Parameters:
    ///   - version: Only if the user's password is still this one. Default: whatever it is.
    ///   - alongside: Runs before, in the same transaction.
    /// - Throws: `LoginRefusal.wrongCredentials` where the password is another by now, or the user is disabled.
    func begin(
        for user: User,
        ifPasswordIs version: Int? = nil,
        alongside: @escaping @Sendable (borrowing Transaction) throws -> Void = { _ in }
    ) async throws -> TokenPair {
        let (prepared, now) = (try await prepared(), now())
        let tokens = try tokens(prepared, for: user)
        try await database.transaction { tx in
            // First of all, as those do who disable the user or change the password, or each would wait for the other. It is
            // held until the session is there, and who has waited for it ends that too.
            try tx.execute("SELECT FROM auth.users WHERE user_id = \(user.userID) FOR NO KEY UPDATE")
            try alongside(tx)
            try Self.rows.forget(user.userID, at: now, in: tx)
            let allowed = try tx.query(
                """
                SELECT disabled_at IS NULL AND password_version = coalesce(\(version), password_version)
                FROM auth.users WHERE user_id = \(user.userID)
                """
            ) { try $0.decode(0, as: Bool.self) }
            guard allowed == [true] else { throw LoginRefusal.wrongCredentials }
            try Self.insert(prepared, user.userID, client: nil, login: nil, at: now, in: tx)
        }
        return tokens
    }

    /// What a session begins with, and what signs its first access token: at hand before anything is changed.
    struct Prepared: Sendable {
        let session = UUID.v7()
        let token = RefreshToken()
        let signer: SigningKey
    }

    func prepared() async throws -> Prepared { Prepared(signer: try await keys.signer()) }

    /// The first tokens of a session.
    func tokens(_ prepared: Prepared, for user: User) throws -> TokenPair {
        TokenPair(accessToken: try accessToken(user, prepared.signer), refreshToken: prepared.token)
    }

    /// Continues a session: the token is used up, and there is a new one.
    ///
    /// - Parameter client: Who has proven itself. Default: nobody.
    /// - Throws: `RefreshRefusal`; after `.reused` the session is ended.
    func refresh(_ token: RefreshToken, by client: String? = nil) async throws -> TokenPair {
        // Signing must not fail once the token is used up: the key is at hand before.
        let signer = try await keys.signer()
        let (new, now) = (token.next(), now())
        let outcome = try await database.transaction { tx in try Self.use(token, by: client, for: new, at: now, in: tx)
        }
        switch outcome {
        case .success(let user):
            return TokenPair(accessToken: try accessToken(user, signer), refreshToken: new)
        case .failure(let refusal):
            logger.notice("refresh refused", metadata: ["reason": "\(refusal)"])
            throw refusal
        }
    }

    /// Ends the session of a token. A token that is none of ours is no error.
    func revoke(_ token: RefreshToken) async throws {
        let now = now()
        try await database.transaction { tx in
            guard let session = try Self.session(of: token, in: tx) else { return }
            try Self.end(session, .revoked, at: now, in: tx)
        }
    }

    /// Ends all sessions of a user, those of browsers too.
    ///
    /// - Returns: How many had not ended yet.
    static func endAll(
        of user: UUID,
        _ reason: SessionEnd,
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws -> Int {
        // In this order, as where one login ends.
        let logins = try SSOSessions.endAll(of: user, reason, at: now, in: tx)
        let ended = try tx.affectedRows(
            """
            UPDATE auth.sessions SET ended_at = \(now), end_reason = \(reason.ofTokens.rawValue)
            WHERE user_id = \(user) AND ended_at IS NULL AND expires_at > \(now)
            """
        )
        return logins.count + ended
    }

    private func accessToken(_ user: User, _ signer: SigningKey) throws -> String {
        let user = AuthenticatedUser(id: user.userID, role: user.role, name: user.name)
        return try signer.sign(AccessToken(issuer: issuer, user: user, id: .v7(), at: now()))
    }

    // MARK: In a transaction

    /// - Parameters:
    ///   - client: Whom its tokens are for; nil: whoever has them.
    ///   - login: The login of a browser that it ends with; nil: none.
    static func insert(
        _ prepared: Prepared,
        _ user: UUID,
        client: String?,
        login: UUID?,
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO auth.sessions
                (session_id, user_id, began_at, expires_at, family_hash, token_hash, client_id, sso_session_id)
            VALUES (\(prepared.session), \(user), \(now), \(now + Self.lifetime), \(prepared.token.familyHash),
                \(prepared.token.hash), \(client), \(login))
            """
        )
    }

    /// What is known of a session while it is locked.
    private struct Held {
        let user: User
        let expiresAt: Timestamp
        let isEnded: Bool
        let isLast: Bool
        let client: String?
        let refreshes: LoginLimit.Count?
    }

    /// Refusals are returned: what a reuse has changed must be committed.
    private static func use(
        _ token: RefreshToken,
        by client: String?,
        for new: RefreshToken,
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws -> Result<User, RefreshRefusal> {
        guard let id = try session(of: token, in: tx), let held = try lock(id, token, at: now, in: tx) else {
            return .failure(.unknown)
        }
        // A token that was given to a client is nobody else's, and is not used up by others.
        if let owner = held.client, !(client.map { $0.utf8.elementsEqual(owner.utf8) } ?? false) {
            return .failure(.unknown)
        }
        guard !held.isEnded, held.user.disabledAt == nil else { return .failure(.revoked) }
        guard now < held.expiresAt else { return .failure(.expired) }
        guard held.isLast else {
            try end(id, .reuse, at: now, in: tx)
            return .failure(.reused)
        }
        let next = held.refreshes.map(LoginLimit.refresh.nextTry(after:)) ?? now
        guard next <= now else { return .failure(.tooOften(retryAfter: LoginLimit.seconds(next - now))) }
        let count = LoginLimit.refresh.adding(to: held.refreshes, at: now)
        try tx.execute(
            """
            UPDATE auth.sessions SET family_hash = \(new.familyHash), token_hash = \(new.hash),
                refresh_level = \(count.level), refreshed_at = \(now)
            WHERE session_id = \(id)
            """
        )
        // One of the version before, whose rows are not taken away: the next time it is a used one.
        try tx.execute(
            "UPDATE auth.refresh_tokens SET used_at = \(now) WHERE token_hash = \(token.hash) AND used_at IS NULL"
        )
        return .success(held.user)
    }

    /// The session that a token is or was of.
    private static func session(of token: RefreshToken, in tx: borrowing Transaction) throws -> UUID? {
        try tx.query(
            """
            SELECT session_id FROM auth.sessions WHERE family_hash = \(token.familyHash)
            UNION ALL SELECT session_id FROM auth.refresh_tokens WHERE token_hash = \(token.hash)
            LIMIT 1
            """
        ) { try $0.decode(0, as: UUID.self) }.first
    }

    /// Whoever comes with the same token, or another of the session, waits here.
    private static func lock(
        _ session: UUID,
        _ token: RefreshToken,
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws -> Held? {
        try tx.execute("SELECT FROM auth.sessions WHERE session_id = \(session) FOR UPDATE")
        // A statement of its own: it sees what those have done who were waited for.
        return try tx.query(
            """
            SELECT s.expires_at, s.refresh_level, s.refreshed_at, s.client_id,
                -- With the login that it is of, also where nobody has noted yet that this is over.
                s.ended_at IS NOT NULL OR coalesce(l.ended_at IS NOT NULL OR l.expires_at <= \(now)
                    OR l.last_used_at <= \(now + (.zero - SSOSession.longestPause)), false) AS is_ended,
                coalesce(s.token_hash = \(token.hash), EXISTS (
                    SELECT FROM auth.refresh_tokens WHERE token_hash = \(token.hash) AND used_at IS NULL
                )) AS is_last,
                u.user_id, u.name, u.email, u.role, u.created_at, u.disabled_at
            FROM auth.sessions s JOIN auth.users u ON u.user_id = s.user_id
                LEFT JOIN auth.sso_sessions l ON l.session_id = s.sso_session_id
            WHERE s.session_id = \(session)
            """
        ) { row in
            let level = try row.decode("refresh_level", as: Double.self)
            let at = try row.decodeIfPresent("refreshed_at", as: Timestamp.self)
            return Held(
                user: try User(row),
                expiresAt: try row.decode("expires_at"),
                isEnded: try row.decode("is_ended"),
                isLast: try row.decode("is_last"),
                client: try row.decodeIfPresent("client_id"),
                refreshes: at.map { LoginLimit.Count(level: level, at: $0) }
            )
        }.first
    }

    private static func end(
        _ session: UUID,
        _ reason: SessionEnd,
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws {
        try tx.execute(
            """
            UPDATE auth.sessions SET ended_at = \(now), end_reason = \(reason.rawValue)
            WHERE session_id = \(session) AND ended_at IS NULL
            """
        )
    }
}
