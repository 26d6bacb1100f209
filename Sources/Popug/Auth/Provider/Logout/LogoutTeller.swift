import Foundation
import HTTPKit
import HTTPTypes
import Logging
import Perch
import Postgres

/// Tells a client that what it had of a login has ended, by back-channel.
///
/// [OpenID Connect Back-Channel Logout 1.0](https://openid.net/specs/openid-connect-backchannel-1_0.html)
struct LogoutTeller: Sendable {
    let clients: OpenIDClients
    let keys: SigningKeys
    let issuer: Issuer
    let patience: Duration
    let logger: Logger
    let now: @Sendable () -> Timestamp

    func tell(_ due: Logouts.Due) async throws -> Logouts.Outcome {
        guard let uri = clients.client(due.client)?.backChannelURI else { return .unreachable }
        let claims = LogoutTokenClaims(
            session: due.session,
            user: due.user,
            client: due.client,
            issuer: issuer,
            at: now()
        )
        let token = try await keys.signer().sign(claims, type: LogoutTokenClaims.type)
        if await send(token, to: uri) { return .told }
        logger.warning(
            "a client did not take a logout",
            metadata: ["client": "\(due.client)", "try": "\(due.tries)"]
        )
        return .refused
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
