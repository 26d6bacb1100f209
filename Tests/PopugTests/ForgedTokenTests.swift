import Foundation
import HTTPKit
import OpenSSL
import Perch
import Postgres
import ServiceKit
import ServiceTesting
import StrictJSON
import Testing

@testable import Auth

/// From the login at auth to the call of another service, over HTTP, with the keys that auth publishes. Every way to forge
/// a token is tried where tokens are verified; here it is shown that what verifies them is what serves.
@Suite("forged tokens") struct ForgedTokenTests {
    @Test func whatAuthHasNotSignedForNowAndHereIsRefused() async throws {
        let auth = try await Scene(.auth)
        let verifier = Auth.verifier(
            database: auth.database,
            issuer: .local,
            patience: .seconds(3600),
            logger: .silent
        )
        try await whileServing(auth.api, verifier: verifier) { authPort in
            let token = try await Self.logIn(authPort, auth)
            let keys = JWKSCache(patience: .seconds(3600), logger: .silent) {
                let answer = try await RawHTTP.get(authPort, "/.well-known/jwks.json")
                return Array(RawHTTP.body(of: answer).utf8)
            }
            let tracker = try await Scene(.tracker)
            let elsewhere = try #require(Issuer("http://127.0.0.1:8089"))
            let here = TokenVerifier(issuer: .local, keys: keys)
            try await whileServing(tracker.api, verifier: here) { port in
                let answer = try await RawHTTP.get(port, "/v1/tickets", token: token)
                #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(answer)")
                for (name, forged) in try Self.forgeries(of: token) {
                    try await Self.expectRefusal(of: forged, at: port, name)
                    try await Self.expectRefusal(of: forged, at: authPort, "\(name), by auth", path: "/v1/users/me")
                }
            }
            try await whileServing(tracker.api, verifier: TokenVerifier(issuer: elsewhere, keys: keys)) { port in
                try await Self.expectRefusal(of: token, at: port, "of another issuer")
            }
            let later = TokenVerifier(issuer: .local, keys: keys, now: { Timestamp.now + .seconds(901) })
            try await whileServing(tracker.api, verifier: later) { port in
                try await Self.expectRefusal(of: token, at: port, "expired")
            }
        }
    }

    private static func logIn(_ port: Int, _ auth: Scene) async throws -> String {
        let body = auth.credentials
        let answer = try await RawHTTP.exchange(
            port,
            "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        let json = try JSONDocument(Array(RawHTTP.body(of: answer).utf8)).root
        return try #require(json["access_token"]?.string)
    }

    /// Each differs from the token in one thing.
    private static func forgeries(of token: String) throws -> [(String, String)] {
        let parts = token.split(separator: ".").map(String.init)
        let (header, payload, signature) = (parts[0], parts[1], parts[2])
        func changed(_ part: String, _ old: String, _ new: String) throws -> String {
            let text = String(decoding: try #require(Base64URL.decode(part)), as: UTF8.self)
            try #require(text.contains(old))
            return Base64URL.encode(text.replacing(old, with: new).utf8)
        }
        let none = try changed(header, #""EdDSA""#, #""none""#)
        let stranger = try Ed25519.PrivateKey()
        let signed = Base64URL.encode(try stranger.sign(Array("\(header).\(payload)".utf8)))
        return [
            ("with no signature", "\(none).\(payload)."), ("with alg none", "\(none).\(payload).\(signature)"),
            ("of another key", "\(header).\(payload).\(signed)"),
            ("of another role", "\(header).\(try changed(payload, #""employee""#, #""admin""#)).\(signature)"),
            ("cut", String(token.dropLast(2))), ("not a token", "x"),
            ("too long", token + String(repeating: "A", count: 9000)),
        ]
    }

    private static func expectRefusal(
        of token: String,
        at port: Int,
        _ name: String,
        path: String = "/v1/tickets"
    ) async throws {
        let answer = try await RawHTTP.get(port, path, token: token)
        #expect(answer.hasPrefix("HTTP/1.1 401 "), "\(name): \(answer)")
        #expect(answer.contains("Content-Type: application/problem+json\r\n"), "\(name)")
        #expect(answer.contains("WWW-Authenticate: Bearer\r\n"), "\(name)")
    }
}
