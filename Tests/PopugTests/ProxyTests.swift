import Foundation
import HTTPKit
import ServiceKit
import ServiceTesting
import Testing

/// The limit of logins by address, behind a proxy: over real connections, which all come from one address.
@Suite("behind a proxy") struct ProxyTests {
    private static func logIn(_ port: Int, _ body: String, _ header: String) async throws -> String {
        let answer = try await RawHTTP.exchange(
            port,
            """
            POST /v1/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
            Content-Length: \(body.utf8.count)\r\n\(header)\r\n\r\n\(body)
            """
        )
        return String(answer.dropFirst("HTTP/1.1 ".count).prefix(3))
    }

    /// Wrong logins of many accounts, until the address is slowed down: 50 of them, and one more for each that is forgiven
    /// meanwhile, which are many where the machine is slow.
    private static func attack(_ port: Int, _ header: String) async throws -> Bool {
        for _ in 0..<2000 {
            let wrong = #"{"email": "\#(UUID().uuidString)@x.org", "password": "wrong"}"#
            if try await logIn(port, wrong, header) == "429" { return true }
        }
        return false
    }

    @Test(arguments: [
        ("X-Forwarded-For: 203.0.113.9, 198.51.100.7", "X-Forwarded-For: 192.0.2.1"),
        ("Forwarded: for=192.0.2.1, for=198.51.100.7", "Forwarded: for=192.0.2.1;proto=https"),
        ("X-Forwarded-For: 2001:db8:6::1", "X-Forwarded-For: 2001:db8:7::1"),
    ]) func oneClientDoesNotKeepOthersFromLoggingIn(_ attacker: String, _ owner: String) async throws {
        let scene = try await Scene(.auth)
        let proxies = try TrustedProxies(parsing: "127.0.0.0/8")
        try await whileServing(scene.api, verifier: TestVerifier(), proxies: proxies) { port in
            let isSlowedDown = try await Self.attack(port, attacker)
            #expect(isSlowedDown)
            for _ in 0..<3 {
                let status = try await Self.logIn(port, scene.credentials, owner)
                #expect(status == "201")
            }
        }
    }

    @Test func aClientThatIsNoProxyCannotChooseItsAddress() async throws {
        let scene = try await Scene(.auth)
        let proxies = try TrustedProxies(parsing: "10.0.0.0/8")
        try await whileServing(scene.api, verifier: TestVerifier(), proxies: proxies) { port in
            var isSlowedDown = false
            for number in 0..<2000 where !isSlowedDown {
                let wrong = #"{"email": "\#(UUID().uuidString)@x.org", "password": "wrong"}"#
                let header = "X-Forwarded-For: 198.51.100.\(number % 250)\r\nForwarded: for=198.51.100.\(number % 250)"
                isSlowedDown = try await Self.logIn(port, wrong, header) == "429"
            }
            #expect(isSlowedDown)
        }
    }
}
