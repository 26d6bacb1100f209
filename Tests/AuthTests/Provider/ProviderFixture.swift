import Foundation
import HTTPKit
import HTTPTesting
import OpenSSL
import PageKit
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import StrictJSON
import Testing

@testable import Auth

/// Auth as a provider on a port of this machine, with programs that trust it.
struct ProviderFixture: Sendable {
    static let secret = "a secret that nobody guesses".replacing(" ", with: "-") + "-0001"
    static let otherSecret = "a secret that nobody guesses".replacing(" ", with: "-") + "-0002"
    static let callback = "http://127.0.0.1:8082/login/callback"
    static let verifier = String(repeating: "v", count: 64)
    static let challenge = Base64URL.encode(SHA256.hash(verifier.utf8))

    let auth: AuthFixture
    let port: Int

    /// What ends logins by the clock and tells clients, where the fixture does not run it.
    let keeper: LoginKeeper
    var browser: ProviderBrowser { ProviderBrowser(port: port) }
    var logouts: Logouts { keeper.logouts }

    /// `tracker` and `accounting` are programs of pages, `mobile` calls the services.
    static func clients(backChannel: [String: String] = [:]) -> OpenIDClients {
        func client(_ id: String, _ name: String, _ secret: String, _ uri: String, tokens: Bool = false) -> OpenIDClient
        {
            OpenIDClient(
                id: id,
                name: name,
                secretHash: SHA256.hash(secret.utf8),
                redirectURIs: [uri],
                postLogoutURIs: [uri.replacing("/login/callback", with: "/logout/done")],
                backChannelURI: backChannel[id],
                getsTokens: tokens
            )
        }
        return OpenIDClients([
            client("tracker", "Tickets", secret, callback),
            client("accounting", "Accounts", otherSecret, "http://127.0.0.1:8083/login/callback"),
            client("mobile", "The app", secret, "https://app.example.com/login/callback", tokens: true),
        ])
    }

    /// - Parameters:
    ///   - pace: Default: clients have all the time they need, and are told again at once.
    ///   - keeps: Whether a keeper runs. Default: yes.
    ///   - proxies: Who is believed to tell where a request comes from. Default: nobody.
    static func serve(
        _ clients: OpenIDClients = clients(),
        hasher: PasswordHasher? = nil,
        pace: TellingPace = .patient,
        keeps: Bool = true,
        proxies: TrustedProxies = .none,
        _ body: @escaping @Sendable (ProviderFixture) async throws -> Void
    ) async throws {
        let auth = try AuthFixture()
        try await auth.addUser("ann", role: .manager)
        let clock = auth.clock
        let server = Auth.server(
            database: auth.database,
            hasher: hasher ?? auth.hasher,
            issuer: auth.issuer,
            clients: clients,
            pace: pace,
            logger: .silent,
            now: auth.now,
            instant: { clock.instant }
        )
        try await whileKeeping(keeps ? server.keeper : nil) {
            try await whileServing(server.api, verifier: auth.verifier, proxies: proxies) { port in
                try await body(ProviderFixture(auth: auth, port: port, keeper: server.keeper))
            }
        }
    }

    /// The address that a client leads a browser to; nil takes a field away.
    static func request(_ fields: [String: String?] = [:]) -> String {
        var all: [String: String] = [
            "response_type": "code", "client_id": "tracker", "redirect_uri": callback, "scope": "openid profile",
            "state": "a.state", "nonce": "a.nonce", "code_challenge": challenge, "code_challenge_method": "S256",
        ]
        for (name, value) in fields { all[name] = value }
        return Address.adding(all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, to: "/oauth/authorize")
    }

    /// A code, as a browser brings it.
    func code(_ browser: ProviderBrowser, _ fields: [String: String?] = [:]) async throws -> String {
        let answer = try await browser.logIn(Self.request(fields))
        return try #require(answer.field(ofLocation: "code"))
    }

    /// Gives a code back.
    func redeem(
        _ code: String,
        _ fields: [String: String?] = [:],
        client: String = "tracker",
        secret: String? = Self.secret
    ) async throws -> TokenReply {
        var all: [String: String] = [
            "grant_type": "authorization_code", "code": code, "redirect_uri": Self.callback,
            "code_verifier": Self.verifier,
        ]
        for (name, value) in fields { all[name] = value }
        return try await token(all, client: client, secret: secret)
    }

    func token(_ fields: [String: String], client: String = "tracker", secret: String?) async throws -> TokenReply {
        var headers = ["Content-Type: application/x-www-form-urlencoded"]
        if let secret {
            let pair = Data("\(client):\(secret)".utf8).base64EncodedString()
            headers.append("Authorization: Basic \(pair)")
        }
        let body = ProviderBrowser.form(fields.map { ($0.key, $0.value) })
        let answer = try await RawAnswer.ask(port, "POST /oauth/token", headers, body: body)
        let json = try JSONDocument(Array(answer.body.utf8)).root
        return TokenReply(answer: answer, json: json)
    }

    func count(_ sql: SQL) async throws -> Int { try await auth.count(sql) }
}

/// What the token endpoint answers.
struct TokenReply: Sendable {
    let answer: RawAnswer
    let json: JSONValue

    var status: Int { answer.status }
    var error: String? { json["error"]?.string }

    /// The claims of the ID token, unverified.
    var claims: JSONValue {
        get throws {
            let token = try SignedToken(try #require(json["id_token"]?.string))
            return try JSONDocument(token.payload).root
        }
    }
}

extension RawAnswer {
    /// A field of the address that the answer leads to.
    func field(ofLocation name: String) -> String? {
        header("Location").flatMap { URLComponents(string: $0)?.queryItems?.first { $0.name == name }?.value }
    }
}

extension TellingPace {
    /// Nobody is given up because the machine is slow.
    static var patient: TellingPace {
        TellingPace(
            patience: .seconds(3600),
            pauses: [.zero, .zero],
            longestWait: .seconds(3600),
            period: .milliseconds(20)
        )
    }
}

/// Runs a keeper, if any, while the body runs.
func whileKeeping(_ keeper: LoginKeeper?, _ body: @escaping @Sendable () async throws -> Void) async throws {
    guard let keeper else { return try await body() }
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await keeper.run() }
        defer { group.cancelAll() }
        try await body()
    }
}
