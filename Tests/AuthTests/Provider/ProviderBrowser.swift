import Foundation
import HTTPTesting
import Synchronization
import Testing

@testable import Auth

/// A browser at auth's pages: it keeps cookies, and sends forms as they stand there.
final class ProviderBrowser: Sendable {
    private static let host = "127.0.0.1:8081"

    private let port: Int
    private let cookies = Mutex<[String: String]>([:])

    init(port: Int) { self.port = port }

    func cookie(_ name: String) -> String? { cookies.withLock { $0[name] } }
    func set(_ name: String, _ value: String?) { cookies.withLock { $0[name] = value } }

    func get(_ path: String, _ headers: [String] = []) async throws -> RawAnswer {
        try await ask("GET \(path)", headers, nil)
    }

    func post(
        _ path: String,
        _ fields: [(String, String)],
        site: String = "same-origin"
    ) async throws -> RawAnswer {
        try await ask(
            "POST \(path)",
            ["Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: \(site)"],
            Self.form(fields)
        )
    }

    /// The form to log in, filled.
    func submit(
        _ page: RawAnswer,
        email: String = "ann@x.org",
        password: String = AuthFixture.password
    ) async throws -> RawAnswer {
        let form = try #require(page.forms.first, "\(page.text)")
        return try await post(form.action, form.with("email", email).with("password", password).fields)
    }

    /// From a client's request to the answer that leads back.
    func logIn(_ request: String = ProviderFixture.request(), email: String = "ann@x.org") async throws -> RawAnswer {
        let page = try await get(request)
        if page.status == 303 { return page }
        let answer = try await submit(page, email: email)
        #expect(answer.status == 303, "\(answer.text)")
        return answer
    }

    static func form(_ fields: [(String, String)]) -> String {
        fields.map { "\(Address.encoded($0))=\(Address.encoded($1))" }.joined(separator: "&")
    }

    private func ask(_ head: String, _ headers: [String], _ body: String?) async throws -> RawAnswer {
        let kept = cookies.withLock { $0.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }
        let answer = try await RawAnswer.ask(
            port,
            head,
            ["Host: \(Self.host)"] + headers + (kept.isEmpty ? [] : ["Cookie: \(kept)"]),
            body: body
        )
        for line in answer.headers("Set-Cookie") {
            #expect(line.contains("; Secure; HttpOnly; SameSite="), "\(line)")
            #expect(line.hasPrefix("__Host-"), "\(line)")
            let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            set(String(pair[0]), line.contains("Max-Age=0") ? nil : String(pair[1]))
        }
        return answer
    }
}
