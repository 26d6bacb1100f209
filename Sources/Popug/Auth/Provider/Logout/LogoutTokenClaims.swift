import Foundation
import HTTPKit
import Perch
import Postgres

/// What a client is told of who has logged out.
///
/// [OpenID Connect Back-Channel Logout 1.0](https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken)
struct LogoutTokenClaims: Encodable, Sendable {
    /// The header's `typ`.
    static let type = "logout+jwt"
    private static let lifetime = 120

    let issuer: String
    let audience: String
    let subject: String
    let sessionID: String
    /// Seconds since 1970, as below.
    let issuedAt: Int
    let expiresAt: Int
    let tokenID: String
    let events = Events()

    struct Events: Encodable, Sendable {
        let logout: [String: String] = [:]

        enum CodingKeys: String, CodingKey {
            case logout = "http://schemas.openid.net/event/backchannel-logout"
        }
    }

    enum CodingKeys: String, CodingKey {
        case issuer = "iss"
        case audience = "aud"
        case subject = "sub"
        case sessionID = "sid"
        case issuedAt = "iat"
        case expiresAt = "exp"
        case tokenID = "jti"
        case events
    }

    init(session: UUID, user: UUID, client: String, issuer: Issuer, at now: Timestamp) {
        (self.issuer, audience, subject) = (issuer.description, client, user.text)
        (sessionID, tokenID) = (session.text, UUID.v7().text)
        issuedAt = Int(clamping: now.milliseconds / 1000)
        expiresAt = issuedAt + Self.lifetime
    }
}
