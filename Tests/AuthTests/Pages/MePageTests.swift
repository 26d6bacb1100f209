import Foundation
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Auth

@Suite("the page about oneself") struct MePageTests {
    private static let firefox = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

    private func logIn(_ browser: ProviderBrowser) async throws -> RawAnswer {
        let form = try await browser.get("/login")
        #expect(try await browser.submit(form).status == 303)
        return try await browser.get("/me")
    }

    @Test func itSaysWhoIsLoggedInAndWhere() async throws {
        try await ProviderFixture.serve { provider in
            let (browser, other) = (provider.browser, provider.browser)
            _ = try await logIn(other)
            _ = try await other.get(ProviderFixture.request(), [Self.firefox])
            let page = try await logIn(browser)
            #expect(page.status == 200)
            #expect(page.said.contains("ann@x.org") && page.said.contains("manager"))
            #expect(page.said.contains("Firefox on Linux"))
            #expect(page.said.contains("Another program this one"))
        }
    }

    @Test func theBarLeadsToThePagesOfOtherProgramsThatTheRoleMaySee() async throws {
        let auth = try AuthFixture()
        try await auth.addUser("ann", role: .manager)
        let server = Auth.server(
            database: auth.database,
            hasher: auth.hasher,
            issuer: auth.issuer,
            clients: .none,
            places: PopugPlaces([.auth: "http://127.0.0.1:8081", .tracker: "http://127.0.0.1:8082"]),
            logger: .silent,
            now: auth.now
        )
        try await whileServing(server.api, verifier: auth.verifier) { port in
            let browser = ProviderBrowser(port: port)
            let page = try await logIn(browser)
            #expect(page.link("Tickets") == "http://127.0.0.1:8082/tickets/mine")
            #expect(page.link("People") == nil && page.link("Account") == nil)
        }
    }

    @Test func oneLoginEndsAndTheOthersGoOn() async throws {
        try await ProviderFixture.serve { provider in
            let (browser, other) = (provider.browser, provider.browser)
            _ = try await logIn(other)
            let page = try await logIn(browser)
            let forms = page.forms.filter { $0.action == "/me/end" }
            #expect(forms.count == 2)
            // The newest is the first.
            let form = try #require(forms.last)
            #expect(try await browser.post(form.action, form.fields).header("Location") == "/me")
            #expect(try await other.get("/me").status == 303)
            let after = try await browser.get("/me")
            #expect(after.said.contains("This login has ended."))
            #expect(!(try await browser.get("/me")).said.contains("This login has ended."))
        }
    }

    @Test func nobodyEndsTheLoginOfAnother() async throws {
        try await ProviderFixture.serve { provider in
            try await provider.auth.addUser("bob")
            let (ann, bob) = (provider.browser, provider.browser)
            let page = try await logIn(ann)
            _ = try await bob.submit(try await bob.get("/login"), email: "bob@x.org")
            let own = try #require(try await bob.get("/me").forms.first { $0.action == "/me/end" })
            let hers = try #require(page.forms.first { $0.action == "/me/end" })
            let session = try #require(hers.fields.first { $0.0 == "session" }?.1)
            #expect(try await bob.post("/me/end", own.with("session", session).fields).status == 403)
            #expect(try await bob.post("/me/end", hers.fields).status == 403)
            #expect(try await ann.get("/me").status == 200)
        }
    }

    @Test func loggingOutEverywhereEndsAllOfThem() async throws {
        try await ProviderFixture.serve { provider in
            let (browser, other) = (provider.browser, provider.browser)
            _ = try await logIn(other)
            let page = try await logIn(browser)
            let form = try #require(page.forms.first { $0.action == "/me/end-all" })
            let answer = try await browser.post(form.action, form.fields)
            #expect(answer.header("Location")?.hasPrefix("/logged-out?session=") == true)
            #expect(try await browser.get("/me").status == 303)
            #expect(try await other.get("/me").status == 303)
        }
    }

    @Test(arguments: [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Safari/604.1", "Safari on iPhone"),
        ("curl/8.0", "Another program"), ("", "Another program"),
    ]) func aBrowserIsNamedInWords(_ userAgent: String, _ words: String) {
        #expect(BrowserName(userAgent).description == words)
    }
}
