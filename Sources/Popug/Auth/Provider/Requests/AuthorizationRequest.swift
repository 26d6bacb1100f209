import HTTPKit
import PageKit

/// What a client wants a person's browser to bring back: a code that says who has logged in.
struct AuthorizationRequest: Sendable, Hashable {
    let client: String
    /// Exactly as it is registered.
    let redirectURI: String
    /// Comes back with the answer.
    let state: String?
    /// Comes back in the ID token.
    let nonce: String?
    /// What the verifier's hash has to be (PKCE).
    let challenge: String
    /// Whether the ID token names the e-mail.
    let wantsEmail: Bool
}

/// How a client wants it to be found out who is there.
struct AuthorizationManner: Sendable, Hashable {
    /// `prompt=none`: without a page.
    var isSilent = false
    /// `prompt=login`: whoever is logged in logs in again.
    var asksAgain = false
    /// `max_age`: how long ago the password may have been typed, in seconds.
    var longestAge: Int?
}

extension AuthorizationRequest {
    /// The longest state and nonce, in bytes.
    static let longestText = 1024
    /// Words for people that clients may ask about.
    static let scopes = ["openid", "profile", "email"]

    /// Reads what a client sends by a browser. All of it may be written by a stranger.
    ///
    /// [OpenID Connect Core 1.0, section 3.1.2](https://openid.net/specs/openid-connect-core-1_0.html#AuthorizationEndpoint)
    ///
    /// - Throws: `AuthorizationRefusal`.
    static func read(
        _ fields: FormFields,
        clients: OpenIDClients
    ) throws(AuthorizationRefusal) -> (request: AuthorizationRequest, manner: AuthorizationManner) {
        guard let client = clients.client(fields["client_id"]) else { throw .stays("There is no such program here.") }
        guard let uri = fields["redirect_uri"], client.leads(backTo: uri) else {
            throw .stays("\(client.name) has no such address here.")
        }
        let state = fields["state"]
        let back = ReturnAddress(uri: uri, state: isPlain(state) ? state : nil)
        for name in names where fields.all(name).count > 1 { throw .goesBack(back, .invalidRequest) }
        guard isPlain(state), isPlain(fields["nonce"]) else { throw .goesBack(back, .invalidRequest) }
        if fields["request"] != nil { throw .goesBack(back, .requestNotSupported) }
        if fields["request_uri"] != nil { throw .goesBack(back, .requestURINotSupported) }
        guard let type = fields["response_type"] else { throw .goesBack(back, .invalidRequest) }
        guard type == "code" else { throw .goesBack(back, .unsupportedResponseType) }
        guard fields["response_mode"] ?? "query" == "query" else { throw .goesBack(back, .invalidRequest) }
        let scopes = Set((fields["scope"] ?? "").split(separator: " "))
        guard scopes.contains("openid") else { throw .goesBack(back, .invalidScope) }
        // Without a method it would be `plain`, which proves nothing to whoever has seen the request.
        guard fields["code_challenge_method"] == "S256", let challenge = fields["code_challenge"],
            challenge.utf8.count == 43, Base64URL.decode(challenge)?.count == 32
        else { throw .goesBack(back, .invalidRequest) }
        let request = AuthorizationRequest(
            client: client.id,
            redirectURI: uri,
            state: state,
            nonce: fields["nonce"],
            challenge: challenge,
            wantsEmail: scopes.contains("email")
        )
        return (request, try manner(fields, back))
    }

    private static func manner(
        _ fields: FormFields,
        _ back: ReturnAddress
    ) throws(AuthorizationRefusal) -> AuthorizationManner {
        var manner = AuthorizationManner()
        switch fields["prompt"] ?? "" {
        case "": break
        case "none": manner.isSilent = true
        case "login": manner.asksAgain = true
        default: throw .goesBack(back, .invalidRequest)
        }
        if let age = fields["max_age"] {
            guard let seconds = Int(age), seconds >= 0 else { throw .goesBack(back, .invalidRequest) }
            manner.longestAge = seconds
        }
        return manner
    }

    /// A field that is there twice would mean different things to different readers.
    private static let names = [
        "response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age", "code_challenge",
        "code_challenge_method", "request", "request_uri",
    ]

    /// As the standard has it: visible ASCII and blanks.
    private static func isPlain(_ text: String?) -> Bool {
        guard let text else { return true }
        return text.utf8.count <= longestText && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
