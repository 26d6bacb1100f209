import Foundation
import HTTPTesting
import Synchronization
import Testing

@testable import Auth

/// A browser at several ports of this machine: it keeps cookies, which browsers share among ports, and goes where it is led.
final class SiteBrowser: Sendable {
    private let cookies = Mutex<[String: String]>([:])

    func get(_ port: Int, _ path: String) async throws -> RawAnswer { try await ask(port, "GET \(path)", [], nil) }

    func post(_ port: Int, _ path: String, _ fields: [(String, String)]) async throws -> RawAnswer {
        try await ask(
            port,
            "POST \(path)",
            ["Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: same-origin"],
            ProviderBrowser.form(fields)
        )
    }

    /// On to the page that an answer leads to.
    func follow(_ answer: RawAnswer, from port: Int) async throws -> RawAnswer {
        var (answer, port) = (answer, port)
        for _ in 0..<10 {
            let refresh = answer.header("Refresh").map { String($0.dropFirst("0; url=".count)) }
            guard let target = answer.header("Location") ?? refresh else { return answer }
            let parts = try #require(URLComponents(string: target))
            port = parts.port ?? port
            answer = try await get(port, parts.percentEncodedPath + (parts.percentEncodedQuery.map { "?\($0)" } ?? ""))
        }
        Issue.record("led on and on")
        return answer
    }

    private func ask(_ port: Int, _ head: String, _ headers: [String], _ body: String?) async throws -> RawAnswer {
        let kept = cookies.withLock { $0.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }
        let answer = try await RawAnswer.ask(
            port,
            head,
            headers + (kept.isEmpty ? [] : ["Cookie: \(kept)"]),
            body: body
        )
        for line in answer.headers("Set-Cookie") {
            let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            cookies.withLock { $0[String(pair[0])] = line.contains("Max-Age=0") ? nil : String(pair[1]) }
        }
        return answer
    }
}
