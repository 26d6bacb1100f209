package import Foundation
package import HTTPKit
import Perch
package import PopugEvents
package import Postgres

/// What an access token says: the payload of a JWT that auth has signed.
///
/// [RFC 9068](https://www.rfc-editor.org/rfc/rfc9068)
package struct AccessToken: Codable, Sendable, Hashable {
    /// The header's `typ`: no other JWT, such as one that tells a page who is logged in, passes for an access token.
    package static let type = TokenHeader.type
    /// The header's `alg`: the only one there is.
    package static let algorithm = TokenHeader.algorithm
    /// Whom tokens are for: the services of the task exchange.
    package static let audience = "popug"
    /// How long a token is valid. What it says of its user is that old at most.
    package static let lifetime = Duration.seconds(900)
    /// How far ahead the clock of auth may be.
    static let skew = 30

    package let issuer: String
    package let audience: String
    /// The user.
    package let subject: UUID
    package let role: Role
    package let name: String?
    /// Seconds since 1970, as the two below.
    package let issuedAt: Int
    package let expiresAt: Int
    package let notBefore: Int?
    package let tokenID: UUID

    enum CodingKeys: String, CodingKey {
        case issuer = "iss"
        case audience = "aud"
        case subject = "sub"
        case role, name
        case issuedAt = "iat"
        case expiresAt = "exp"
        case notBefore = "nbf"
        case tokenID = "jti"
    }

    /// A token that is valid from now on.
    package init(issuer: Issuer, user: AuthenticatedUser, id: UUID, at now: Timestamp) {
        self.issuer = issuer.description
        audience = Self.audience
        subject = user.id
        role = user.role
        name = user.name
        issuedAt = Int(now.milliseconds / 1000)
        expiresAt = issuedAt + Int(Self.lifetime.components.seconds)
        notBefore = nil
        tokenID = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(issuer, forKey: .issuer)
        try container.encode(audience, forKey: .audience)
        // In lowercase, as ids are everywhere.
        try container.encode(subject.text, forKey: .subject)
        try container.encode(role, forKey: .role)
        try container.encodeIfPresent(name, forKey: .name)
        try container.encode(issuedAt, forKey: .issuedAt)
        try container.encode(expiresAt, forKey: .expiresAt)
        try container.encodeIfPresent(notBefore, forKey: .notBefore)
        try container.encode(tokenID.text, forKey: .tokenID)
    }

    /// - Throws: where the token is another's, for others, or not valid at this time.
    func check(issuer: Issuer, at now: Timestamp) throws(TokenError) {
        // Compared by bytes: for String, different spellings can be equal.
        guard self.issuer.utf8.elementsEqual(issuer.description.utf8) else { throw .invalid(reason: "another issuer") }
        guard audience.utf8.elementsEqual(Self.audience.utf8) else { throw .invalid(reason: "for another audience") }
        let seconds = Int(now.milliseconds / 1000)
        guard seconds < expiresAt else { throw .invalid(reason: "expired") }
        guard issuedAt <= seconds + Self.skew else { throw .invalid(reason: "issued in the future") }
        // Auth issues none that is valid for longer: whoever got it to sign one is not to keep it.
        let (validity, isTooLong) = expiresAt.subtractingReportingOverflow(issuedAt)
        guard !isTooLong, validity <= Int(Self.lifetime.components.seconds) else {
            throw .invalid(reason: "valid for too long")
        }
        guard notBefore.map({ $0 <= seconds + Self.skew }) ?? true else { throw .invalid(reason: "not valid yet") }
    }
}
