import StrictJSON
import Times

/// What an issuer says of who has logged in.
///
/// [OpenID Connect Core 1.0](https://openid.net/specs/openid-connect-core-1_0.html#IDToken)
struct IDToken: Sendable {
    /// What `typ` may be; that of an access token it may not.
    static let types: Set<String> = ["jwt"]

    let person: PagePerson
    /// In seconds since 1970.
    let issuedAt: Int

    /// - Throws: `LoginError.notVerified` where the claims are not those of a login that was asked for by us, with this nonce.
    init(_ claims: JSONValue, settings: OpenIDSettings, nonce: String, now: Timestamp) throws(LoginError) {
        let common = try TokenClaims(claims, settings: settings, mustEnd: true, now: now)
        guard claims["nonce"]?.string?.hasBytes(of: nonce) == true else {
            throw LoginError(.notVerified, "another nonce")
        }
        guard let subject = common.subject else { throw LoginError(.notVerified, "no subject") }
        let name =
            claims["name"]?.text(longest: 1024) ?? claims["preferred_username"]?.text(longest: 1024) ?? subject
        person = PagePerson(
            subject: subject,
            name: name,
            roles: Self.roles(settings.roleClaim, claims),
            issuerSession: common.sessionID
        )
        issuedAt = common.issuedAt
    }

    /// The claim of that name, else what dots lead to: `realm_access.roles`.
    private static func roles(_ name: String, _ claims: JSONValue) -> [String] {
        let value = claims[name] ?? name.split(separator: ".").reduce(Optional(claims)) { $0?[String($1)] }
        return (value?.texts ?? []).filter { (1...256).contains($0.utf8.count) }
    }
}
