import Foundation
import Perch
import Postgres

/// Keeps what a login is for while the person types: so a form that is gone back to, two tabs and a slow person all work. Each
/// belongs to the browser that asked for it.
struct KeptLogins: Sendable {
    /// How long one is kept.
    static let lifetime = Duration.seconds(600)
    /// How many of a browser are kept: the newest. More tabs than these are not filled in at a time.
    static let most = 20

    let database: Database
    let now: @Sendable () -> Timestamp

    func keep(_ goal: KeptLogin.Goal, for browser: Secret) async throws -> KeptLogin {
        let (login, now) = (KeptLogin(id: .v7(), goal: goal), now())
        let request: AuthorizationRequest? = if case .client(let request) = goal { request } else { nil }
        let target =
            switch goal {
            case .client(let request): request.redirectURI
            case .page(let path): path
            }
        try await database.transaction { tx in
            // Each takes more away than it adds.
            try tx.execute(
                """
                DELETE FROM auth.logins WHERE login_id IN (
                    SELECT login_id FROM auth.logins WHERE expires_at < \(now)
                    ORDER BY expires_at LIMIT 10 FOR UPDATE SKIP LOCKED
                )
                """
            )
            try tx.execute(
                """
                DELETE FROM auth.logins WHERE login_id IN (
                    SELECT login_id FROM auth.logins WHERE login_id IN (
                        -- Apart: what an OFFSET passes over is locked as well.
                        SELECT login_id FROM auth.logins WHERE browser_hash = \(browser.hash)
                        ORDER BY login_id DESC OFFSET \(Self.most - 1) LIMIT 10
                    ) FOR UPDATE SKIP LOCKED
                )
                """
            )
            try tx.execute(
                """
                INSERT INTO auth.logins (login_id, browser_hash, client_id, redirect_uri, state, nonce, challenge,
                    wants_email, expires_at)
                VALUES (\(login.id), \(browser.hash), \(request?.client), \(target), \(request?.state),
                    \(request?.nonce), \(request?.challenge), \(request?.wantsEmail ?? false), \(now + Self.lifetime))
                """
            )
        }
        return login
    }

    /// What a form is for; nil where it was not this browser that asked, or too long ago.
    func login(_ id: UUID, of browser: Secret) async throws -> KeptLogin? {
        try await database.query(
            """
            SELECT client_id, redirect_uri, state, nonce, challenge, wants_email FROM auth.logins
            WHERE login_id = \(id) AND browser_hash = \(browser.hash) AND expires_at > \(now())
            """
        ) { row in
            let target = try row.decode("redirect_uri", as: String.self)
            guard let client = try row.decodeIfPresent("client_id", as: String.self),
                let challenge = try row.decodeIfPresent("challenge", as: String.self)
            else { return KeptLogin(id: id, goal: .page(path: target)) }
            let request = AuthorizationRequest(
                client: client,
                redirectURI: target,
                state: try row.decodeIfPresent("state"),
                nonce: try row.decodeIfPresent("nonce"),
                challenge: challenge,
                wantsEmail: try row.decode("wants_email")
            )
            return KeptLogin(id: id, goal: .client(request))
        }.first
    }
}
