import HTTPKit
import Perch
import PopugEvents
import Postgres
import ServiceKit

/// What a client is told of who has logged in.
///
/// [OpenID Connect Core 1.0, section 2](https://openid.net/specs/openid-connect-core-1_0.html#IDToken)
struct IDTokenClaims: Encodable, Sendable {
    /// The header's `typ`: it passes for no access token.
    static let type = "JWT"
    /// How long a client may take to read it.
    static let lifetime = Duration.seconds(300)

    let issuer: String
    let audience: String
    let subject: String
    let sessionID: String
    let nonce: String?
    /// Seconds since 1970, as the two below.
    let authenticatedAt: Int
    let issuedAt: Int
    let expiresAt: Int
    let role: Role
    let name: String
    let email: String?

    enum CodingKeys: String, CodingKey {
        case issuer = "iss"
        case audience = "aud"
        case subject = "sub"
        case sessionID = "sid"
        case nonce
        case authenticatedAt = "auth_time"
        case issuedAt = "iat"
        case expiresAt = "exp"
        case role, name, email
    }

    init(_ grant: CodeGrant, for client: OpenIDClient, issuer: Issuer, at now: Timestamp) {
        let user = grant.session.user
        (self.issuer, audience, subject) = (issuer.description, client.id, user.userID.text)
        (sessionID, nonce) = (grant.session.id.text, grant.nonce)
        authenticatedAt = Int(clamping: grant.session.beganAt.milliseconds / 1000)
        issuedAt = Int(clamping: now.milliseconds / 1000)
        expiresAt = issuedAt + Int(Self.lifetime.components.seconds)
        (role, name, email) = (user.role, user.name, grant.wantsEmail ? user.email : nil)
    }
}
