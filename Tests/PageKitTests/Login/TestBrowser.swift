import Foundation
import HTTPTesting
import Synchronization
import Testing

/// Keeps cookies and goes where it is led: by 303, and by `Refresh`. It runs no script.
final class TestBrowser: Sendable {
    /// Where the browser believes the pages to be.
    static let publicURL = "http://127.0.0.1:8080"

    private let port: Int
    private let cookies = Mutex<[String: String]>([:])

    init(port: Int) { self.port = port }

    /// The names of the cookies that it has.
    var cookieNames: [String] { cookies.withLock { $0.keys.sorted() } }
    func cookie(_ name: String) -> String? { cookies.withLock { $0[name] } }
    func set(_ name: String, _ value: String?) { cookies.withLock { $0[name] = value } }

    func get(_ path: String, _ headers: [String] = []) async throws -> String {
        try await ask("GET \(path)", headers)
    }

    func post(_ path: String, _ form: String = "") async throws -> String {
        try await ask(
            "POST \(path)",
            ["Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: same-origin"],
            body: form
        )
    }

    private func ask(_ head: String, _ headers: [String], body: String? = nil) async throws -> String {
        let kept = cookies.withLock { $0.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }
        let answer = try await PageServing.ask(
            port,
            head,
            headers + (kept.isEmpty ? [] : ["Cookie: \(kept)"]),
            body: body
        )
        for line in RawAnswer(text: answer).headers("Set-Cookie") {
            let parts = line.split(separator: ";").map { $0.drop { $0 == " " } }
            let pair = parts[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            #expect(
                parts.contains("Secure") && parts.contains("HttpOnly") && parts.contains("SameSite=Lax")
                    || pair[1].isEmpty
            )
            set(String(pair[0]), parts.contains("Max-Age=0") ? nil : String(pair[1]))
        }
        return answer
    }

    /// From a page to where the issuer is asked.
    func begin(_ path: String = "/page") async throws -> String {
        let page = try await get(path)
        #expect(page.status == 303)
        let login = try await get(#require(page.header("Location")))
        #expect(login.status == 200, "\(login)")
        let refresh = try #require(login.header("Refresh"))
        #expect(refresh.hasPrefix("0; url="))
        return String(refresh.dropFirst("0; url=".count))
    }

    /// What the issuer sends back with, as a path of ours.
    static func answer(of request: String) async throws -> String {
        let parts = try #require(URLComponents(string: request))
        let answer = try await PageServing.ask(parts.port ?? 0, "GET \(parts.path)?\(parts.percentEncodedQuery ?? "")")
        let back = try #require(answer.header("Location"))
        try #require(back.hasPrefix(publicURL + "/login/callback?"))
        return String(back.dropFirst(publicURL.count))
    }

    /// All of a login, to the answer of the callback.
    func logIn(_ path: String = "/page") async throws -> String { try await get(Self.answer(of: begin(path))) }
}
