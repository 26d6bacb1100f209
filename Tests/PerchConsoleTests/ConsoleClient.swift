import Foundation
import HTTPTesting
import PageKit

/// Asks a console as a browser would.
struct ConsoleClient: Sendable {
    let port: Int
    let token: String

    /// What came.
    struct Answer: Sendable {
        let text: String

        var status: Int { text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0 }
        var body: String { text.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n") }

        func header(_ name: String) -> String? {
            let head = text.components(separatedBy: "\r\n\r\n").first ?? ""
            return head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
                .map { String($0.dropFirst(name.count + 1).drop { $0 == " " }) }
        }

        /// The value of a hidden field of a form, such as its token.
        func field(_ name: String) -> String? {
            let before = "name=\"\(name)\" value=\""
            return body.components(separatedBy: before).dropFirst().first?.split(separator: "\"").first.map {
                String($0)
            }
        }
    }

    /// Logs in, and gives the cookie.
    func login() async throws -> String {
        let answer = try await send("GET /?token=\(token)")
        return String(answer.header("Set-Cookie")?.split(separator: ";").first ?? "")
    }

    /// A page, as somebody who is logged in.
    func get(_ path: String, cookie: String? = nil) async throws -> Answer {
        let cookie = if let cookie { cookie } else { try await login() }
        return try await send("GET \(path)", ["Cookie: \(cookie)"])
    }

    /// Sends a form, as a browser does.
    func post(_ path: String, _ fields: [(String, String)], cookie: String) async throws -> Answer {
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
    func send(_ head: String, _ headers: [String] = [], body: String? = nil) async throws -> Answer {
        var lines = ["\(head) HTTP/1.1"] + headers + ["Connection: close"]
        if !headers.contains(where: { $0.lowercased().hasPrefix("host:") }) { lines.append("Host: 127.0.0.1:\(port)") }
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        let text = lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
        return try await RawConnection.open(port) { connection in
            // An answer may come before all is sent.
            try? await connection.send(text)
            return Answer(text: await connection.read())
        }
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
