import Foundation
import HTTPKit
import HTTPTypes
import Logging
import Perch
import Postgres

/// Tells clients which sessions have ended, so that theirs end too. A client that cannot be told ends its own when it next asks
/// who is logged in.
struct Logouts: Sendable {
    /// How long a client may take for an answer.
    static let usualPatience = Duration.seconds(2)
    /// How often one is told that does not take it.
    static let tries = 3

    let database: Database
    let keys: SigningKeys
    let clients: OpenIDClients
    let issuer: Issuer
    let patience: Duration
    let logger: Logger
    let now: @Sendable () -> Timestamp

    /// A client that had a session.
    struct Told: Sendable, Hashable {
        let name: String
        let wasTold: Bool
    }

    /// Tells all clients of sessions that have ended, who have not been told yet.
    func tell(endOf sessions: [UUID]) async throws {
        let untold = try await database.query(
            """
            SELECT c.client_id, s.session_id, s.user_id FROM auth.sso_sessions s JOIN auth.sso_clients c USING (session_id)
            WHERE s.session_id = ANY(\(sessions)) AND s.ended_at IS NOT NULL AND c.told_at IS NULL
            """
        ) { row in
            (
                client: try row.decode(0, as: String.self), session: try row.decode(1, as: UUID.self),
                user: try row.decode(2, as: UUID.self)
            )
        }
        await withTaskGroup(of: Void.self) { group in
            for one in untold {
                group.addTask { await tell(one.client, ofEndOf: one.session, user: one.user) }
            }
        }
    }

    /// Tells all clients of sessions of a user that have ended of late.
    func tell(endOfSessionsOf user: UUID) async throws {
        let since = now() + .seconds(-60)
        let ended = try await database.query(
            "SELECT session_id FROM auth.sso_sessions WHERE user_id = \(user) AND ended_at >= \(since)"
        ) { try $0.decode(0, as: UUID.self) }
        try await tell(endOf: ended)
    }

    /// Tells one client, and notes that it took it.
    func tell(_ client: String, ofEndOf session: UUID, user: UUID) async {
        guard let uri = clients.client(client)?.backChannelURI else { return }
        do {
            let claims = LogoutTokenClaims(session: session, user: user, client: client, issuer: issuer, at: now())
            let token = try await keys.signer().sign(claims, type: LogoutTokenClaims.type)
            var wasTold = false
            for _ in 0..<Self.tries where !wasTold { wasTold = await send(token, to: uri) }
            guard wasTold else {
                logger.warning("a client could not be told of a logout", metadata: ["client": "\(client)"])
                return
            }
            try await database.execute(
                """
                UPDATE auth.sso_clients SET told_at = \(now()) WHERE session_id = \(session) AND client_id = \(client)
                """
            )
        } catch {
            logger.warning("a logout was not told", metadata: ["client": "\(client)", "error": "\(error)"])
        }
    }

    /// Who had a session that has ended; nil where there is none such.
    func told(of session: UUID) async throws -> [Told]? {
        let hasEnded = try await database.query(
            "SELECT ended_at IS NOT NULL FROM auth.sso_sessions WHERE session_id = \(session)"
        ) { try $0.decode(0, as: Bool.self) }
        guard hasEnded == [true] else { return nil }
        let rows = try await database.query(
            "SELECT client_id, told_at IS NOT NULL FROM auth.sso_clients WHERE session_id = \(session) ORDER BY client_id"
        ) { (id: try $0.decode(0, as: String.self), wasTold: try $0.decode(1, as: Bool.self)) }
        return rows.map { Told(name: clients.client($0.id)?.name ?? $0.id, wasTold: $0.wasTold) }
    }

    /// Whether the client has taken it.
    private func send(_ token: String, to uri: String) async -> Bool {
        let request = HTTPClient.Request(
            .post,
            uri,
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array("logout_token=\(token)".utf8)
        )
        let answer = try? await HTTPClient.shared.send(request, within: patience, largest: 64 * 1024)
        return answer.map { [200, 204].contains($0.status) } ?? false
    }
}
