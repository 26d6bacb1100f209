import StrictJSON
import Times

/// What the tokens of an issuer have in common: who made it, for whom, and when.
struct TokenClaims: Sendable {
    /// How far the issuer's clock may be off, in seconds.
    static let skew = 60

    let claims: JSONValue
    /// `iat`, in seconds since 1970.
    let issuedAt: Int

    /// - Throws: `LoginError.notVerified` where the token is another's, for others, or not valid now.
    init(_ claims: JSONValue, settings: OpenIDSettings, mustEnd: Bool, now: Timestamp) throws(LoginError) {
        let seconds = Int(clamping: now.milliseconds / 1000)
        guard claims["iss"]?.string?.hasBytes(of: settings.issuer) == true else {
            throw LoginError(.notVerified, "another issuer")
        }
        let audiences = claims["aud"]?.texts ?? []
        guard audiences.contains(where: { $0.hasBytes(of: settings.clientID) }) else {
            throw LoginError(.notVerified, "another audience")
        }
        // Of several, this is who asked for it.
        if audiences.count > 1 || claims["azp"] != nil {
            guard claims["azp"]?.string?.hasBytes(of: settings.clientID) == true else {
                throw LoginError(.notVerified, "asked for by another client")
            }
        }
        guard let issuedAt = claims["iat"]?.seconds, issuedAt <= seconds + Self.skew else {
            throw LoginError(.notVerified, "no time of issue, or one in the future")
        }
        let end = claims["exp"]
        guard end?.seconds.map({ seconds < $0 + Self.skew }) ?? (end == nil && !mustEnd) else {
            throw LoginError(.notVerified, "expired")
        }
        guard claims["nbf"].map({ ($0.seconds ?? .max) <= seconds + Self.skew }) ?? true else {
            throw LoginError(.notVerified, "not valid yet")
        }
        (self.claims, self.issuedAt) = (claims, issuedAt)
    }

    /// `sub`: 1 to 255 bytes, as the standard bounds it.
    var subject: String? { claims["sub"]?.text(longest: 255) }
    /// `sid`: the person's session at the issuer.
    var sessionID: String? { claims["sid"]?.text(longest: 256) }
}

extension JSONValue {
    /// A string of 1 to so many bytes.
    func text(longest: Int) -> String? { string.flatMap { (1...longest).contains($0.utf8.count) ? $0 : nil } }

    /// A text alone, or a list of texts; nil for anything else.
    var texts: [String]? {
        if let string { return [string] }
        guard kind == .array else { return nil }
        let texts = elements.compactMap(\.string)
        return texts.count == elements.count && texts.count <= 100 ? texts : nil
    }

    /// A time in seconds since 1970, which may be written with a fraction.
    var seconds: Int? {
        guard kind == .integer || kind == .decimal, let number = Double(lexeme), number.magnitude < 1e12 else {
            return nil
        }
        return Int(exactly: number.rounded(.down))
    }
}
