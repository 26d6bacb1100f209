import HTTPKit
import OpenSSL
import Times

/// A login that has begun: what has to be the same when the browser comes back. It lives in a sealed cookie of that browser, one an
/// attempt, so that several tabs do not undo each other.
struct LoginAttempt: Codable, Sendable, Hashable {
    /// How long a login may take.
    static let longest = Duration.seconds(600)
    /// How long the cookie stays, so that a login that took too long can be told from one that the browser did not keep.
    static let kept = Duration.seconds(3600)
    /// The longest path that is gone back to.
    static let longestPath = 1500

    /// Names the attempt, and its cookie.
    let name: String
    /// The attempt's name, and what nobody guesses. The issuer gives it back.
    let state: String
    /// The issuer puts it into the token.
    let nonce: String
    /// Proves that who began the login ends it (PKCE).
    let verifier: String
    /// Where the person was going.
    let path: String
    /// The session that is renewed; nil for a login.
    let renews: String?
    let began: Timestamp

    init(path: LinkTarget, renews: String?, now: Timestamp) {
        name = RandomText.name()
        state = "\(name).\(RandomText.secret())"
        (nonce, verifier, self.path) = (RandomText.secret(), RandomText.secret(), path.description)
        (self.renews, began) = (renews, now)
    }

    /// The name that a state has in front; nil for a state that is none of ours.
    static func name(ofState state: String) -> String? {
        let name = state.prefix { $0 != "." }
        return name.utf8.count == 8 && name.utf8.allSatisfy { $0 < 0x80 } ? String(name) : nil
    }

    func isOver(_ now: Timestamp) -> Bool { now - began >= Self.longest }

    /// Where the issuer is asked.
    ///
    /// [RFC 7636](https://www.rfc-editor.org/rfc/rfc7636)
    func request(to provider: OpenIDProvider, _ settings: OpenIDSettings) -> String {
        let challenge = Base64URL.encode(SHA256.hash(verifier.utf8))
        let fields = [
            ("response_type", "code"), ("client_id", settings.clientID), ("redirect_uri", settings.redirectURI),
            ("scope", settings.scopes.joined(separator: " ")), ("state", state), ("nonce", nonce),
            ("code_challenge", challenge), ("code_challenge_method", "S256"),
        ]
        return Self.url(provider.authorizationEndpoint, fields + (renews == nil ? [] : [("prompt", "none")]))
    }

    /// An address with more fields.
    static func url(_ endpoint: String, _ fields: [(String, String)]) -> String {
        endpoint + (endpoint.contains("?") ? "&" : "?") + form(fields)
    }

    /// Fields as a form has them.
    static func form(_ fields: [(String, String)]) -> String {
        fields.map { "\(LinkTarget.encoded($0))=\(LinkTarget.encoded($1))" }.joined(separator: "&")
    }
}
