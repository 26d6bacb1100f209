import StrictJSON
import Times

/// What an issuer says of who has logged out there.
///
/// [OpenID Connect Back-Channel Logout 1.0](https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken)
struct LogoutToken: Sendable {
    /// What `typ` may be.
    static let types: Set<String> = ["logout+jwt", "application/logout+jwt", "jwt"]
    /// How old one may be, in seconds, beside what clocks are off.
    static let longestAge = 120

    private static let event = "http://schemas.openid.net/event/backchannel-logout"

    /// Names the token; it serves once.
    let id: String
    /// In seconds since 1970.
    let issuedAt: Int
    /// Whose sessions end; nil where only the one that is named does.
    let subject: String?
    /// Which session ends; nil: all of the subject.
    let issuerSession: String?

    /// - Throws: `LoginError.notVerified` where the claims are not those of a logout just now.
    init(_ claims: JSONValue, settings: OpenIDSettings, now: Timestamp) throws(LoginError) {
        let common = try TokenClaims(claims, settings: settings, mustEnd: false, now: now)
        guard claims["events"]?[Self.event]?.kind == .object else {
            throw LoginError(.notVerified, "not a token of a logout")
        }
        // One that has it is of a login.
        guard claims["nonce"] == nil else { throw LoginError(.notVerified, "a nonce in the token of a logout") }
        guard common.issuedAt >= Int(clamping: now.milliseconds / 1000) - Self.longestAge - TokenClaims.skew else {
            throw LoginError(.notVerified, "issued too long ago")
        }
        guard let id = claims["jti"]?.text(longest: 256) else { throw LoginError(.notVerified, "no jti") }
        (self.id, issuedAt, subject, issuerSession) = (id, common.issuedAt, common.subject, common.sessionID)
        guard subject != nil || issuerSession != nil else { throw LoginError(.notVerified, "neither sub nor sid") }
    }
}
