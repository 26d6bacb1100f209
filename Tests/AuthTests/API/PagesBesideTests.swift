import Foundation
import HTTPKit
import HTTPTesting
import Perch
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Auth

@Suite("pages beside the API") struct PagesBesideTests {
    private static let host = "Host: 127.0.0.1:8081"

    @Test func theDescriptionListsNoPage() async throws {
        let auth = try AuthFixture()
        try await withAPI(auth.api) { client in
            let document = try await client.call(.get, "/openapi.json").text
            for path in ["/oauth/authorize", "/oauth/logout", "/login", "/logged-out", "/me", "/users"] {
                #expect(!document.contains("\"\(path)\""), "\(path)")
            }
        }
    }

    @Test func whatIsNotThereIsAPageForBrowsersAndAProblemForPrograms() async throws {
        let auth = try AuthFixture()
        try await withAPI(auth.api) { client in
            let page = try await RawAnswer.ask(client.port, "GET /nothing", [Self.host, "Accept: text/html,*/*;q=0.8"])
            #expect(page.status == 404)
            #expect(page.header("Content-Type") == "text/html; charset=utf-8")
            #expect(page.header("Content-Security-Policy")?.contains("frame-ancestors 'none'") == true)
            #expect(page.header("X-Content-Type-Options") == "nosniff")
            for accept in [["Accept: */*"], []] {
                let answer = try await RawAnswer.ask(client.port, "GET /nothing", [Self.host] + accept)
                #expect(answer.status == 404)
                #expect(answer.header("Content-Type") == "application/problem+json")
            }
            // Where there is a call it answers itself.
            let call = try await RawAnswer.ask(client.port, "GET /v1/users", [Self.host, "Accept: text/html"])
            #expect(call.status == 401 && call.header("Content-Type") == "application/problem+json")
        }
    }

    @Test func aPageAnswersUnderItsOwnNameOnly() async throws {
        let auth = try AuthFixture()
        try await withAPI(auth.api) { client in
            let page = try await RawAnswer.ask(client.port, "GET /me", ["Host: evil.example"])
            #expect(page.status == 421)
            #expect(page.header("Content-Type") == "text/html; charset=utf-8")
        }
    }

    @Test(arguments: ["/login", "/logged-out", "/oauth/authorize", "/oauth/logout", "/nothing"])
    func noPageIsFramedKeptOrLedTo(_ path: String) async throws {
        let auth = try AuthFixture()
        try await withAPI(auth.api) { client in
            let page = try await RawAnswer.ask(client.port, "GET \(path)", [Self.host, "Accept: text/html"])
            #expect(page.header("Content-Security-Policy")?.contains("frame-ancestors 'none'") == true)
            #expect(page.header("Cross-Origin-Opener-Policy") == "same-origin")
            #expect(page.header("Cache-Control") == "no-store")
        }
    }

    @Test func whileTheDatabaseIsAwayAPageSaysSo() async throws {
        let auth = try AuthFixture()
        try await withAPI(auth.api) { client in
            await auth.database.close()
            let page = try await RawAnswer.ask(
                client.port,
                "GET /login",
                [Self.host, "Cookie: __Host-auth-8081=\(Secret().text)"]
            )
            #expect(page.status >= 500)
            #expect(page.header("Content-Type") == "text/html; charset=utf-8")
        }
    }
}
