import Foundation
import HTTPTesting
import Hummingbird
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Auth

/// Who may see which page of auth, and send which form.
@Suite("every role against every page of auth") struct AuthPagesRightsTests {
    private enum Who { case anyone, self_, admin }

    /// All there is, and who may. What is for all is answered to a stranger; else a stranger is led to the form, or refused.
    private static let table: [(route: String, who: Who)] = [
        ("GET /", .self_), ("GET /oauth/authorize", .anyone), ("GET /login", .anyone), ("POST /login", .anyone),
        ("GET /oauth/logout", .anyone), ("POST /oauth/logout", .anyone), ("GET /logged-out", .anyone),
        ("GET /me", .self_), ("POST /me/end", .self_), ("POST /me/end-all", .self_), ("GET /users", .admin),
        ("GET /users/new", .admin), ("POST /users/new", .admin), ("GET /users/made", .admin),
    ]

    @Test func theTableHasEachPageAndForm() async throws {
        let auth = try AuthFixture()
        let routes = auth.api.router(verifier: auth.verifier, logger: .silent).routes
        let calls = Set(auth.api.calls.map { "\($0.method.rawValue) \($0.path)" } + ["GET /openapi.json"])
        let pages = routes.filter { $0.method != .head }.map { "\($0.method.rawValue) \($0.path)" }
            .filter { !calls.contains($0) && !$0.contains("/assets/") }
        #expect(Set(pages) == Set(Self.table.map(\.route)))
    }

    @Test(arguments: [Role.employee, .manager, .accountant, .admin])
    func eachRoleSeesWhatTheTableSays(_ role: Role) async throws {
        try await ProviderFixture.serve { provider in
            try await provider.auth.addUser("bob", role: role)
            let (browser, stranger) = (provider.browser, provider.browser)
            _ = try await browser.submit(try await browser.get("/login"), email: "bob@x.org")
            for (route, who) in Self.table where route.hasPrefix("GET ") && who != .anyone && route != "GET /" {
                let path = String(route.dropFirst(4))
                let led = try await stranger.get(path)
                #expect(led.status == 303 && led.header("Location")?.hasPrefix("/login?to=") == true, "\(path)")
                let isAllowed = who == .self_ || role == .admin
                #expect(try await browser.get(path).status == (isAllowed ? 200 : 403), "\(path)")
            }
        }
    }

    /// A form of each, as whoever may send it would.
    private static func forms(_ browser: ProviderBrowser) async throws -> [ShownForm] {
        let me = try await browser.get("/me").forms
        let new = try await browser.get("/users/new").forms
        return try ["/me/end", "/me/end-all", "/oauth/logout"].map { action in
            try #require(me.first { $0.action == action })
        } + [try #require(new.first { $0.action == "/users/new" })]
    }

    @Test func formsOfAnotherSiteOrPortOrWithoutTokenOrOfAnotherLoginDoNothing() async throws {
        try await ProviderFixture.serve { provider in
            try await provider.auth.addUser("eve", role: .admin)
            let (browser, other, stranger) = (provider.browser, provider.browser, provider.browser)
            for one in [browser, other] { _ = try await one.submit(try await one.get("/login"), email: "eve@x.org") }
            let posts = Set(Self.table.map(\.route).filter { $0.hasPrefix("POST ") && $0 != "POST /login" })
            let forms = try await Self.forms(browser)
            let others = try await Self.forms(other)
            #expect(Set(forms.map { "POST \($0.action)" }) == posts)
            for (form, foreign) in zip(forms, others) {
                for site in ["cross-site", "same-site", "none"] {
                    #expect(
                        try await browser.post(form.action, form.fields, site: site).status == 403,
                        "\(form.action)"
                    )
                }
                #expect(try await browser.post(form.action, form.without("token").fields).status == 403)
                #expect(try await browser.post(form.action, foreign.fields).status == 403)
                let token = try #require(foreign.fields.first { $0.0 == "token" }?.1)
                #expect(try await browser.post(form.action, form.with("token", token).fields).status == 403)
                for wrong in others where wrong.action != form.action {
                    let token = try #require(wrong.fields.first { $0.0 == "token" }?.1)
                    #expect(try await other.post(form.action, foreign.with("token", token).fields).status == 403)
                }
                let unknown = try await stranger.post(form.action, form.fields)
                #expect(unknown.status == (form.action == "/oauth/logout" ? 303 : 401), "\(form.action)")
            }
            #expect(try await provider.count("SELECT count(*) FROM auth.sso_sessions WHERE ended_at IS NULL") == 2)
            #expect(try await provider.count("SELECT count(*) FROM auth.users") == 2)
        }
    }

    @Test func anEndedLoginSeesNoPageAndSendsNoForm() async throws {
        try await ProviderFixture.serve { provider in
            let eve = try await provider.auth.addUser("eve", role: .admin)
            let browser = provider.browser
            _ = try await browser.submit(try await browser.get("/login"), email: "eve@x.org")
            let forms = try await Self.forms(browser)
            _ = try await provider.auth.users.endSessions(of: eve.userID, in: provider.auth.database)
            for (route, who) in Self.table where route.hasPrefix("GET ") && who != .anyone && route != "GET /" {
                #expect(try await browser.get(String(route.dropFirst(4))).status == 303)
            }
            for form in forms where form.action != "/oauth/logout" {
                #expect(try await browser.post(form.action, form.fields).status == 401)
            }
            #expect(try await provider.count("SELECT count(*) FROM auth.users") == 2)
        }
    }

    @Test func noPageIsFramedWhoeverIsLoggedIn() async throws {
        try await ProviderFixture.serve { provider in
            try await provider.auth.addUser("eve", role: .admin)
            let browser = provider.browser
            _ = try await browser.submit(try await browser.get("/login"), email: "eve@x.org")
            for (route, _) in Self.table where route.hasPrefix("GET ") && route != "GET /" {
                let page = try await browser.get(String(route.dropFirst(4)))
                if page.status == 303 { continue }
                #expect(page.header("Content-Security-Policy")?.contains("frame-ancestors 'none'") == true, "\(route)")
                #expect(page.header("Cache-Control") == "no-store", "\(route)")
            }
        }
    }
}
