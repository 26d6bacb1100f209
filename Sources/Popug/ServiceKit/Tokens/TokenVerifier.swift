public import HTTPKit
import OpenSSL
import Perch
public import Postgres
import StrictJSON

/// Verifies access tokens here, with the public keys of auth: auth is not asked for each.
///
/// A token is valid until its `exp` to the second. Its `iat` and `nbf` may be 30 seconds ahead of the clock here.
public struct TokenVerifier: TokenVerifying {
    /// The longest token that is looked at, in bytes.
    public static let longestToken = 8 * 1024

    private let issuer: Issuer
    private let keys: JWKSCache
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - issuer: Tokens of any other are refused.
    ///   - now: For tests. Default: the system's clock.
    public init(issuer: Issuer, keys: JWKSCache, now: @escaping @Sendable () -> Timestamp = { .now }) {
        self.issuer = issuer
        self.keys = keys
        self.now = now
    }

    /// Who the token belongs to.
    public func verify(_ token: String) async throws -> AuthenticatedUser {
        guard token.utf8.count <= Self.longestToken else { throw TokenError.invalid(reason: "too long") }
        let token = try SignedToken(token)
        let header = try TokenHeader(json: token.header)
        guard let key = try await keys.key(header.keyID) else { throw TokenError.invalid(reason: "an unknown key") }
        guard key.verifies(token.signature, of: token.signed) else {
            throw TokenError.invalid(reason: "another signature")
        }
        // Signed by auth, and still it may be no access token. The error is not told: it quotes the payload.
        guard let document = try? JSONDocument(token.payload),
            let claims = try? JSONCoding.decode(AccessToken.self, from: document.root)
        else { throw TokenError.invalid(reason: "not the payload of an access token") }
        try claims.check(issuer: issuer, at: now())
        return AuthenticatedUser(id: claims.subject, role: claims.role, name: claims.name)
    }

    /// Whether there are keys to verify with; where there are none it tries to fetch them.
    public func canVerify() async -> Bool { await keys.areKnown() }
}
