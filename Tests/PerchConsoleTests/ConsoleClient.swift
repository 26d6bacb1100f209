import Foundation
import HTTPTesting
import PageKit

/// Asks a console as a browser would.
struct ConsoleClient: Sendable {
    let port: Int
    let token: String

    /// Logs in, and gives the cookie.
    func login() async throws -> String {
        let answer = try await send("GET /?token=\(token)")
        return String(answer.header("Set-Cookie")?.split(separator: ";").first ?? "")
    }

    /// A page, as somebody who is logged in.
    func get(_ path: String, cookie: String? = nil) async throws -> RawAnswer {
        let cookie = if let cookie { cookie } else { try await login() }
        return try await send("GET \(path)", ["Cookie: \(cookie)"])
    }

    /// Sends a form, as a browser does.
    func post(_ path: String, _ fields: [(String, String)], cookie: String) async throws -> RawAnswer {
        let body = fields.map { "\(Self.encoded($0.0))=\(Self.encoded($0.1))" }.joined(separator: "&")
        return try await send(
            "POST \(path)",
            [
                "Cookie: \(cookie)", "Sec-Fetch-Site: same-origin",
                "Content-Type: application/x-www-form-urlencoded",
            ],
            body: body
        )
    }

    /// Sends what is given.
    func send(_ head: String, _ headers: [String] = [], body: String? = nil) async throws -> RawAnswer {
        try await RawAnswer.ask(port, head, headers, body: body)
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }.joined()
    }
}
