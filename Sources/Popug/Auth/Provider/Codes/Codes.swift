import Foundation
import HTTPKit
import Logging
import OpenSSL
import Perch
import Postgres

/// The codes by which clients learn who has logged in. Whatever comes of it, each is good for one try.
///
/// [RFC 6749, section 4.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1)
struct Codes: Sendable {
    /// How long one is good.
    static let lifetime = Duration.seconds(60)
    /// How long one is kept afterwards: so long a second use ends what the first gave.
    static let memory = Duration.seconds(86_400)
    /// How many of a login are kept: the newest.
    static let most = 100

    /// What a client sends for a code.
    struct Proof: Sendable {
        let client: OpenIDClient
        let redirectURI: String
        let verifier: String

        /// [RFC 7636, section 4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6)
        func fits(_ challenge: String) -> Bool {
            (43...128).contains(verifier.utf8.count)
                && SecureBytes.areEqual(
                    Array(Base64URL.encode(SHA256.hash(verifier.utf8)).utf8),
                    Array(challenge.utf8)
                )
        }
    }

    let database: Database
    let sessions: Sessions
    let logouts: Logouts
    let logger: Logger
    let now: @Sendable () -> Timestamp

    /// A code for a client, of a session that is in use.
    ///
    /// - Returns: nil where the session has ended meanwhile.
    func issue(_ request: AuthorizationRequest, of session: SSOSession, userAgent: String) async throws -> Secret? {
        let (code, now) = (Secret(), now())
        return try await database.transaction { tx in
            try tx.execute(
                """
                DELETE FROM auth.codes WHERE code_hash IN (
                    SELECT code_hash FROM auth.codes WHERE expires_at < \(now + (.zero - Self.memory))
                    ORDER BY expires_at LIMIT 10 FOR UPDATE SKIP LOCKED
                )
                """
            )
            // Whoever ends the session waits, and tells this client too.
            let isThere = try tx.affectedRows(
                """
                UPDATE auth.sso_sessions SET last_used_at = \(now), user_agent = \(SSOSessions.kept(userAgent))
                WHERE session_id = \(session.id) AND ended_at IS NULL
                """
            )
            guard isThere == 1 else { return nil }
            try tx.execute(
                """
                INSERT INTO auth.sso_clients (session_id, client_id) VALUES (\(session.id), \(request.client))
                ON CONFLICT (session_id, client_id) DO UPDATE SET told_at = NULL
                """
            )
            // So many are enough for all tabs of a browser.
            try tx.execute(
                """
                DELETE FROM auth.codes WHERE code_hash IN (
                    SELECT code_hash FROM auth.codes WHERE code_hash IN (
                        SELECT code_hash FROM auth.codes WHERE sso_session_id = \(session.id)
                        ORDER BY expires_at DESC OFFSET \(Self.most - 1) LIMIT 10
                    ) FOR UPDATE SKIP LOCKED
                )
                """
            )
            try tx.execute(
                """
                INSERT INTO auth.codes (code_hash, client_id, redirect_uri, challenge, nonce, wants_email,
                    sso_session_id, auth_time, expires_at)
                VALUES (\(code.hash), \(request.client), \(request.redirectURI), \(request.challenge), \(request.nonce),
                    \(request.wantsEmail), \(session.id), \(session.beganAt), \(now + Self.lifetime))
                """
            )
            return code
        }
    }

    /// What a code is good for.
    ///
    /// - Throws: `CodeRefusal`; after `.reused` what the first use gave has ended.
    func redeem(_ code: Secret?, _ proof: Proof) async throws -> CodeGrant {
        guard let code else { throw refused(.unknown, proof.client) }
        // Signing must not fail once the code is used up: the key is at hand before.
        let begun = try await proof.client.getsTokens ? sessions.prepared() : nil
        let now = now()
        switch try await database.transaction({ tx in try Self.use(code, proof, begun, at: now, in: tx) }) {
        case .good(let good):
            let tokens = try begun.map { try sessions.tokens($0, for: good.session.user) }
            return CodeGrant(session: good.session, nonce: good.nonce, wantsEmail: good.wantsEmail, tokens: tokens)
        case .refused(let refusal): throw refused(refusal, proof.client)
        case .reused:
            logouts.bell.ring()
            throw refused(.reused, proof.client)
        }
    }

    private func refused(_ refusal: CodeRefusal, _ client: OpenIDClient) -> CodeRefusal {
        logger.notice("code refused", metadata: ["reason": "\(refusal)", "client": "\(client.id)"])
        return refusal
    }

    // MARK: In a transaction

    private struct Good: Sendable {
        let session: SSOSession
        let nonce: String?
        let wantsEmail: Bool
    }

    /// Refusals are returned: that the code is used up must be committed.
    private enum Outcome: Sendable {
        case good(Good)
        case refused(CodeRefusal)
        /// What the first use gave has ended.
        case reused
    }

    private static func use(
        _ code: Secret,
        _ proof: Proof,
        _ begun: Sessions.Prepared?,
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws -> Outcome {
        // The user first, as all do who lock it.
        try tx.execute(
            """
            SELECT FROM auth.users WHERE user_id = (
                SELECT s.user_id FROM auth.codes c JOIN auth.sso_sessions s ON s.session_id = c.sso_session_id
                WHERE c.code_hash = \(code.hash)
            ) FOR NO KEY UPDATE
            """
        )
        // Then the login: one that ends meanwhile waits, and ends the tokens that are given here, too.
        try tx.execute(
            """
            SELECT FROM auth.sso_sessions WHERE session_id = (
                SELECT sso_session_id FROM auth.codes WHERE code_hash = \(code.hash)
            ) FOR NO KEY UPDATE
            """
        )
        try tx.execute("SELECT FROM auth.codes WHERE code_hash = \(code.hash) FOR UPDATE")
        // A statement of its own: it sees what those have done who were waited for.
        guard let held = try held(code, in: tx) else { return .refused(.unknown) }
        if held.isUsed {
            // What another client has found out ends nothing.
            guard held.gave, proof.client.id.utf8.elementsEqual(held.client.utf8) else { return .reused }
            try tx.execute(
                """
                UPDATE auth.sessions SET ended_at = \(now), end_reason = 'reuse'
                WHERE session_id = \(held.tokens) AND ended_at IS NULL
                """
            )
            try Logouts.add(held.client, of: held.session.id, in: tx)
            return .reused
        }
        let refusal = held.refusal(proof, at: now)
        try tx.execute(
            "UPDATE auth.codes SET used_at = \(now), gave = \(refusal == nil) WHERE code_hash = \(code.hash)"
        )
        if let refusal { return .refused(refusal) }
        if let begun {
            let user = held.session.user.userID
            try Sessions.rows.forget(user, at: now, in: tx)
            try Sessions.insert(begun, user, client: held.client, login: held.session.id, at: now, in: tx)
            try tx.execute("UPDATE auth.codes SET session_id = \(begun.session) WHERE code_hash = \(code.hash)")
        }
        return .good(Good(session: held.session, nonce: held.nonce, wantsEmail: held.wantsEmail))
    }

    /// What is known of a code while it is locked.
    private struct Held {
        let client: String
        let redirectURI: String
        let challenge: String
        let nonce: String?
        let wantsEmail: Bool
        let expiresAt: Timestamp
        let isUsed: Bool
        let gave: Bool
        let tokens: UUID?
        let session: SSOSession
        let isEnded: Bool

        func refusal(_ proof: Proof, at now: Timestamp) -> CodeRefusal? {
            guard proof.client.id.utf8.elementsEqual(client.utf8),
                proof.redirectURI.utf8.elementsEqual(redirectURI.utf8), proof.fits(challenge)
            else { return .notTheirs }
            guard now < expiresAt else { return .expired }
            return isEnded || session.user.disabledAt != nil ? .ended : nil
        }
    }

    private static func held(_ code: Secret, in tx: borrowing Transaction) throws -> Held? {
        try tx.query(
            """
            SELECT c.client_id, c.redirect_uri, c.challenge, c.nonce, c.wants_email, c.expires_at AS code_expires_at,
                c.used_at IS NOT NULL AS is_used, c.gave, c.session_id AS tokens, s.ended_at IS NOT NULL AS is_ended,
                s.session_id, c.auth_time AS began_at,
                u.user_id, u.name, u.email, u.role, u.created_at, u.disabled_at
            FROM auth.codes c JOIN auth.sso_sessions s ON s.session_id = c.sso_session_id
                JOIN auth.users u ON u.user_id = s.user_id
            WHERE c.code_hash = \(code.hash)
            """
        ) { row in
            Held(
                client: try row.decode("client_id"),
                redirectURI: try row.decode("redirect_uri"),
                challenge: try row.decode("challenge"),
                nonce: try row.decodeIfPresent("nonce"),
                wantsEmail: try row.decode("wants_email"),
                expiresAt: try row.decode("code_expires_at"),
                isUsed: try row.decode("is_used"),
                gave: try row.decode("gave"),
                tokens: try row.decodeIfPresent("tokens"),
                session: try SSOSession(row),
                isEnded: try row.decode("is_ended")
            )
        }.first
    }
}
