import Foundation
import HTTPKit
import HTTPTesting
import HTTPTypes
import Hummingbird
import OpenSSL
import PageKit
import Synchronization

/// A small issuer of OpenID Connect. It keeps to the standard, checks what a client has to do, and misbehaves as it is told.
final class TestIssuer: Sendable {
    static let client = "console"
    /// Not all of it stands in a header as it is.
    static let secret = "s%cr/t+&:"

    private struct Grant {
        let nonce: String
        let challenge: String
        let redirect: String
    }

    private struct State {
        var conduct = IssuerConduct()
        var port = 0
        var grants: [String: Grant] = [:]
        var asked: [String: Int] = [:]
        var requests: [[String: String]] = []
        var count = 0
    }

    let clock: StandingTime
    private let isPublic: Bool
    private let state = Mutex(State())
    private let edwards: Ed25519.PrivateKey
    private let curve: P256.PrivateKey
    private let rsa: RSA.PrivateKey
    private static let sharedRSA = try? RSA.PrivateKey()

    /// - Parameter isPublic: Its client has no secret.
    init(clock: StandingTime, isPublic: Bool = false) throws {
        (self.clock, self.isPublic) = (clock, isPublic)
        (edwards, curve) = (try Ed25519.PrivateKey(), try P256.PrivateKey())
        rsa = try Self.sharedRSA ?? RSA.PrivateKey()
    }

    var url: String { "http://127.0.0.1:\(state.withLock(\.port))" }
    func serves(at port: Int) { state.withLock { $0.port = port } }

    var conduct: IssuerConduct {
        get { state.withLock(\.conduct) }
        set { state.withLock { $0.conduct = newValue } }
    }

    /// How often a path was asked for.
    func asked(_ path: String) -> Int { state.withLock { $0.asked[path] ?? 0 } }

    /// What logins were asked for, the fields of each.
    var requests: [[String: String]] { state.withLock(\.requests) }

    func add(to router: Router<PageContext>) {
        router.get("/.well-known/openid-configuration") { [self] _, _ in try count("discovery", then: metadata) }
        router.get("/keys") { [self] _, _ in try count("keys", then: keySet) }
        router.get("/authorize") { [self] request, _ in try authorize(request) }
        router.post("/token") { [self] request, _ in try await token(request) }
        router.get("/elsewhere") { [self] _, _ in try count("elsewhere", then: metadata) }
    }

    private func count(_ path: String, then answer: () throws -> String) throws -> Response {
        state.withLock { $0.asked[path, default: 0] += 1 }
        guard !conduct.isAway else { throw HTTPError(.serviceUnavailable) }
        return Self.json(.ok, try answer())
    }

    private static func json(_ status: HTTPResponse.Status, _ text: String) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = "application/json"
        if status.kind == .redirection { headers[.location] = "/elsewhere" }
        // As the standard wants it: a client may take that for a question to itself.
        if status == .unauthorized { headers[.wwwAuthenticate] = #"Basic realm="issuer""# }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    // MARK: Documents

    private func metadata() -> String {
        Self.object(
            [
                "issuer": "\"\(url)\"", "authorization_endpoint": "\"\(url)/authorize\"",
                "token_endpoint": "\"\(url)/token\"", "jwks_uri": "\"\(url)/keys\"",
                "end_session_endpoint": "\"\(url)/bye?a=b\"", "authorization_response_iss_parameter_supported": "true",
                "id_token_signing_alg_values_supported": #"["EdDSA","ES256","RS256"]"#,
            ],
            conduct.metadata
        )
    }

    private func keySet() -> String {
        let (point, number) = (curve.publicKey, rsa.publicKey)
        return """
            {"keys":[{"kty":"OKP","crv":"Ed25519","kid":"\(conduct.keyID)","x":"\(Base64URL.encode(edwards.publicKey.bytes))"},
            {"kty":"EC","crv":"P-256","kid":"curve","x":"\(Base64URL.encode(point.x))","y":"\(Base64URL.encode(point.y))"},
            {"kty":"RSA","kid":"rsa","n":"\(Base64URL.encode(number.modulus))","e":"\(Base64URL.encode(number.exponent))"}]}
            """
    }

    static func object(_ members: [String: String], _ changes: [String: String?]) -> String {
        var members = members
        for (name, value) in changes { members[name] = value }
        return "{\(members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ","))}"
    }

    // MARK: The flow

    private func authorize(_ request: Request) throws -> Response {
        let fields = try FormFields(parsing: request.uri.query ?? "")
        guard fields["client_id"] == Self.client, fields["response_type"] == "code", let nonce = fields["nonce"],
            let redirect = fields["redirect_uri"], let state = fields["state"],
            let challenge = fields["code_challenge"], fields["code_challenge_method"] == "S256",
            fields["scope"]?.split(separator: " ").contains("openid") == true
        else { throw HTTPError(.badRequest) }
        let code = "code-\(self.state.withLock { $0.count += 1; return $0.count })"
        let kept = ["prompt", "redirect_uri", "scope", "state", "nonce"].compactMap { name in
            fields[name].map { (name, $0) }
        }
        self.state.withLock {
            $0.grants[code] = Grant(nonce: nonce, challenge: challenge, redirect: redirect)
            $0.requests.append([String: String](uniqueKeysWithValues: kept))
        }
        var answer: [String: String] = ["code": code, "state": state, "iss": url]
        for (name, value) in conduct.answer { answer[name] = value }
        let query = answer.map {
            "\($0.key)=\($0.value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }
        var headers = HTTPFields()
        headers[.location] = "\(redirect)?\(query.joined(separator: "&"))"
        return Response(status: .found, headers: headers)
    }

    private func token(_ request: Request) async throws -> Response {
        state.withLock { $0.asked["token", default: 0] += 1 }
        // habits: an issuer that hangs, until it is let go
        while conduct.isSlow { try await Task.sleep(for: .milliseconds(5)) }
        if let answer = conduct.tokenAnswer { return Self.json(answer.status, answer.body) }
        let fields = try await FormFields(of: request)
        let escaped = Self.secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let basic = "Basic \(Data("\(Self.client):\(escaped)".utf8).base64EncodedString())"
        guard isPublic ? fields["client_id"] == Self.client : request.headers[.authorization] == basic else {
            return Self.json(.unauthorized, #"{"error":"invalid_client"}"#)
        }
        guard fields["grant_type"] == "authorization_code", let code = fields["code"],
            let grant = state.withLock({ $0.grants.removeValue(forKey: code) }),
            fields["redirect_uri"] == grant.redirect,
            let verifier = fields["code_verifier"], Base64URL.encode(SHA256.hash(verifier.utf8)) == grant.challenge
        else { return Self.json(.badRequest, #"{"error":"invalid_grant","error_description":"secret words"}"#) }
        let claims = [
            "iss": "\"\(url)\"", "sub": "\"ann\"", "aud": "\"\(Self.client)\"", "name": "\"Ann <b>\"",
            "role": "\"admin\"", "sid": "\"s1\"", "nonce": "\"\(grant.nonce)\"", "iat": "\(clock.seconds)",
            "exp": "\(clock.seconds + 300)",
        ]
        let token = try signed(Self.object(claims, conduct.claims))
        return Self.json(.ok, "{\"access_token\":\"x\",\"token_type\":\"Bearer\",\"id_token\":\"\(token)\"}")
    }

    // MARK: Tokens

    /// The token of a logout, with these claims changed.
    func logoutToken(_ changes: [String: String?] = [:]) throws -> String {
        let claims = [
            "iss": "\"\(url)\"", "aud": "\"\(Self.client)\"", "iat": "\(clock.seconds)",
            "exp": "\(clock.seconds + 120)",
            "jti": "\"\(state.withLock { $0.count += 1; return $0.count })\"", "sid": "\"s1\"", "sub": "\"ann\"",
            "events": #"{"http://schemas.openid.net/event/backchannel-logout":{}}"#,
        ]
        return try signed(Self.object(claims, changes))
    }

    func signed(_ claims: String) throws -> String {
        let conduct = conduct
        func make(_ algorithm: String, _ id: String, _ sign: ([UInt8]) throws -> [UInt8]) rethrows -> String {
            let members = ["alg": "\"\(algorithm)\"", "kid": "\"\(id)\"", "typ": "\"JWT\""]
            return try SignedToken.make(
                header: Self.object(members, conduct.header).utf8,
                payload: claims.utf8,
                sign: sign
            )
        }
        switch conduct.signature {
        case .edwards: return try make("EdDSA", conduct.keyID, edwards.sign)
        case .curve: return try make("ES256", "curve", curve.sign)
        case .rsa: return try make("RS256", "rsa", rsa.sign)
        case .none: return make("none", "edwards") { _ in [] }
        case .hashOfPublicKey:
            return make("HS256", "edwards") { OpenSSL.HMAC.code(of: $0, key: edwards.publicKey.bytes) }
        case .stranger: return try make("EdDSA", "edwards", Ed25519.PrivateKey().sign)
        case .otherAlgorithm: return try make("ES256", "rsa", curve.sign)
        }
    }
}
