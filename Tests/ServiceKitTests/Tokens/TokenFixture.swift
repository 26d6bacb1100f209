import Foundation
import HTTPKit
import HTTPTesting
import Logging
import OpenSSL
import Perch
import PopugEvents
import Postgres
import ServiceTesting

@testable import ServiceKit

/// An auth of one key, and what verifies its tokens.
struct TokenFixture {
    let auth: FakeIssuer
    let key: Ed25519.PrivateKey
    let keyID = "key-1"
    let clock = TestClock()
    let issuer = Issuer.local
    let user = AuthenticatedUser(id: .v7(), role: .manager, name: "Ann")
    let cache: JWKSCache
    let verifier: TokenVerifier

    init() throws {
        key = try Ed25519.PrivateKey()
        let auth = FakeIssuer(keys: [keyID: key])
        self.auth = auth
        let clock = clock
        // What a test holds back may take as long as the machine likes.
        cache = JWKSCache(
            patience: .seconds(3600),
            logger: .silent,
            now: { clock.instant },
            fetch: { try await auth.fetch() }
        )
        verifier = TokenVerifier(issuer: issuer, keys: cache, now: { clock.now })
    }

    var header: String { #"{"alg":"EdDSA","typ":"at+jwt","kid":"\#(keyID)"}"# }

    /// The payload of a valid token, with members replaced by JSON texts; nil takes one away.
    func payload(_ changes: [String: String?] = [:]) -> String {
        let seconds = clock.now.milliseconds / 1000
        var members: [String: String?] = [
            "iss": #""\#(issuer)""#, "aud": #""popug""#, "sub": #""\#(user.id.text)""#, "role": #""manager""#,
            "name": #""Ann""#, "iat": "\(seconds)", "exp": "\(seconds + 900)", "jti": #""\#(UUID.v7().text)""#,
        ]
        members.merge(changes) { $1 }
        return "{\(members.compactMap { name, value in value.map { #""\#(name)":\#($0)"# } }.joined(separator: ","))}"
    }

    /// A token of these texts, signed by the key of auth unless another is given.
    func token(header: String? = nil, payload: String? = nil, key: Ed25519.PrivateKey? = nil) throws -> String {
        let signer = key ?? self.key
        return try SignedToken.make(
            header: (header ?? self.header).utf8,
            payload: (payload ?? self.payload()).utf8,
            sign: signer.sign
        )
    }

    func signingInput(_ header: String, _ payload: String) -> String {
        "\(Base64URL.encode(header.utf8)).\(Base64URL.encode(payload.utf8))"
    }

    /// Why the token is refused; nil if it is not.
    func refusal(of token: String) async -> TokenError? {
        do {
            _ = try await verifier.verify(token)
            return nil
        } catch {
            return error as? TokenError ?? .invalid(reason: "an error of another kind: \(error)")
        }
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
