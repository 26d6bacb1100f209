import Foundation
import HTTPKit
import HTTPTesting
import OpenSSL
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import StrictJSON
import Testing

@testable import Auth

@Suite("the file of clients") struct OpenIDClientsTests {
    private static let whole = """
        clients:
          tracker:
            name: Tickets
            secret: 0123456789abcdef0123456789abcdef
            redirect_uris: [https://tickets.example.com/login/callback]
            post_logout_redirect_uris: [https://tickets.example.com/logout/done]
            backchannel_logout_uri: http://127.0.0.1:8082/logout/backchannel
          mobile:
            secret_sha256: \(hash)
            redirect_uris: ["https://app.example.com/in?from=popug", "http://[::1]:9000/in"]
            tokens: true
        """
    private static let hash = SHA256.hash("another secret".utf8).map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()

    @Test func aFileSaysAllOfAClient() throws {
        let clients = try OpenIDClients(yaml: Self.whole)
        #expect(clients.all.map(\.id).sorted() == ["mobile", "tracker"])
        let tracker = try #require(clients.client("tracker"))
        #expect(tracker.name == "Tickets")
        #expect(tracker.hasSecret("0123456789abcdef0123456789abcdef"))
        #expect(!tracker.hasSecret("0123456789abcdef0123456789abcdeF"))
        #expect(tracker.leads(backTo: "https://tickets.example.com/login/callback"))
        #expect(tracker.leads(afterLogoutTo: "https://tickets.example.com/logout/done"))
        #expect(tracker.backChannelURI == "http://127.0.0.1:8082/logout/backchannel")
        #expect(!tracker.getsTokens)
        let mobile = try #require(clients.client("mobile"))
        #expect(mobile.name == "mobile")
        #expect(mobile.hasSecret("another secret"))
        #expect(mobile.getsTokens && mobile.backChannelURI == nil)
    }

    @Test func jsonIsReadToo() throws {
        let clients = try OpenIDClients(
            yaml: """
                {"clients": {"tracker": {
                    "secret": "0123456789abcdef0123456789abcdef", "redirect_uris": ["https://t.example.com/in"]
                }}}
                """
        )
        #expect(clients.client("tracker")?.redirectURIs == ["https://t.example.com/in"])
    }

    @Test(arguments: [
        ("", "expected one mapping"), ("[", "no YAML"), ("clients: {}\nmore: 1", "expected one mapping"),
        ("clients: {'a b': {}}", "expected ids"), ("clients: {a: 1}", "clients.a: expected a mapping"),
        ("clients: {a: {redirect_uris: [https://x.org/in]}}", "either secret or secret_sha256"),
        ("clients: {a: {secret: short, redirect_uris: [https://x.org/in]}}", "clients.a.secret: expected 32"),
        ("clients: {a: {secret_sha256: abcd, redirect_uris: [https://x.org/in]}}", "64 hexadecimal digits"),
        ("clients: {a: {redirect_uris: []}}", "clients.a.redirect_uris: expected at least one"),
        ("clients: {a: {redirect_uri: https://x.org/in}}", "expected no `redirect_uri`"),
        ("clients: {a: {tokens: perhaps}}", "clients.a.tokens: expected true or false"),
    ]) func whatIsWrongIsNamedByItsPlace(_ file: String, _ problem: String) {
        #expect { try OpenIDClients(yaml: file) } throws: { "\($0)".contains(problem) }
    }

    @Test(arguments: [
        "http://tickets.example.com/in", "ftp://127.0.0.1/in", "https://ann@x.org/in", "https://x.org/in#here",
        "https://x.org/a/../in", "https://x.org/./in", "https://x.org/%2e%2e/in", "//x.org/in", "/in", "x",
        "javascript:alert(1)", "https://x.org/i n",
    ]) func anAddressThatCannotBeGoneToSafelyIsRefused(_ uri: String) {
        let file = "clients: {a: {secret: 0123456789abcdef0123456789abcdef, redirect_uris: ['\(uri)']}}"
        #expect { try OpenIDClients(yaml: file) } throws: { "\($0)".contains("clients.a.redirect_uris") }
    }

    @Test func noSecretIsTold() {
        let file = "clients: {a: {secret: hush-hush, redirect_uris: [https://x.org/in], more: hush-hush-too}}"
        #expect { try OpenIDClients(yaml: file) } throws: { !"\($0)".contains("hush") }
        #expect { try OpenIDClients(yaml: "clients: {a: {secret: 'hush-hush") } throws: { !"\($0)".contains("hush") }
    }

    @Test func aClientProvesItselfByBothAsAFormEncodesThem() throws {
        let clients = OpenIDClients([
            OpenIDClient(
                id: "tracker",
                name: "Tickets",
                secretHash: SHA256.hash("a:b+c%d".utf8),
                redirectURIs: [],
                postLogoutURIs: [],
                backChannelURI: nil,
                getsTokens: false
            )
        ])
        func proven(_ pair: String) -> OpenIDClient? {
            clients.client(provenBy: "Basic \(Data(pair.utf8).base64EncodedString())")
        }
        #expect(proven("tracker:a%3Ab%2Bc%25d")?.id == "tracker")
        #expect(proven("tracker:a:b+c%d") == nil)
        #expect(proven("tracker:") == nil && proven("tracker") == nil && proven("other:a%3Ab%2Bc%25d") == nil)
        #expect(clients.client(provenBy: "Bearer x") == nil && clients.client(provenBy: "Basic ???") == nil)
        #expect(clients.client(provenBy: nil) == nil)
    }
}
