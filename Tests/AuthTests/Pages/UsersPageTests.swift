import Foundation
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Auth

@Suite("the pages of people") struct UsersPageTests {
    private func withAdmin(
        _ body: @escaping @Sendable (ProviderFixture, ProviderBrowser) async throws -> Void
    ) async throws {
        try await ProviderFixture.serve { provider in
            try await provider.auth.addUser("eve", role: .admin)
            let browser = provider.browser
            _ = try await browser.submit(try await browser.get("/login"), email: "eve@x.org")
            try await body(provider, browser)
        }
    }

    private static let filled = [
        ("name", "Ben"), ("email", "ben@x.org"), ("role", "employee"), ("password", "battery staple"),
    ]

    private func send(_ browser: ProviderBrowser, _ fields: [(String, String)]) async throws -> RawAnswer {
        let page = try await browser.get("/users/new")
        let token = try #require(page.forms.first { $0.action == "/users/new" }?.fields.first { $0.0 == "token" })
        return try await browser.post("/users/new", [token] + fields)
    }

    @Test(arguments: [Role.employee, .manager, .accountant]) func onlyAdminsSeeThem(_ role: Role) async throws {
        try await ProviderFixture.serve { provider in
            try await provider.auth.addUser("bob", role: role)
            let browser = provider.browser
            for path in ["/users", "/users/new"] { #expect(try await browser.get(path).status == 303) }
            #expect(try await browser.post("/users/new", Self.filled).status == 401)
            _ = try await browser.submit(try await browser.get("/login"), email: "bob@x.org")
            for path in ["/users", "/users/new"] {
                let page = try await browser.get(path)
                #expect(page.status == 403)
                #expect(page.said.contains("You are \(role.rawValue)."))
                #expect(!page.body.contains("ann@x.org"))
            }
            #expect(try await browser.post("/users/new", Self.filled).status == 403)
            #expect(try await provider.count("SELECT count(*) FROM auth.users") == 2)
        }
    }

    @Test func anAdminAddsSomebodyWhoIsListedAndCanLogIn() async throws {
        try await withAdmin { provider, browser in
            let answer = try await send(browser, Self.filled)
            #expect(answer.header("Location") == "/users")
            let page = try await browser.get("/users")
            #expect(page.said.contains("Ben was added. The other services hear of it within a moment."))
            #expect(page.said.contains("ben@x.org"))
            let ben = provider.browser
            let login = try await ben.submit(
                try await ben.get("/login"),
                email: "ben@x.org",
                password: "battery staple"
            )
            #expect(login.status == 303)
            // The same form again finds the e-mail taken.
            let again = try await send(browser, Self.filled)
            #expect(again.status == 409)
            #expect(again.said.contains("There is a user with this e-mail"))
            #expect(again.body.contains(#"value="ben@x.org""#) && !again.body.contains("battery"))
        }
    }

    private static let made = Array(filled.dropLast()) + [("password", ""), ("make", "on")]

    @Test func aPasswordThatIsMadeIsShownOnceAndKeptNowhere() async throws {
        try await withAdmin { provider, browser in
            let answer = try await send(browser, Self.made)
            #expect(answer.header("Location") == "/users/made")
            // Another admin does not see it.
            let other = provider.browser
            _ = try await other.submit(try await other.get("/login"), email: "eve@x.org")
            #expect(try await other.get("/users/made").said.contains("not here any more"))
            let page = try await browser.get("/users/made")
            #expect(page.said.contains("Ben was added."))
            let shown = try #require(page.body.components(separatedBy: "<code").dropFirst().first)
            let password = String(shown.drop { $0 != ">" }.dropFirst().prefix { $0 != "<" })
            #expect(password.count == 20)
            let ben = provider.browser
            let login = try await ben.submit(try await ben.get("/login"), email: "ben@x.org", password: password)
            #expect(login.status == 303)
            for path in ["/users", "/users/made"] { #expect(!(try await browser.get(path)).body.contains(password)) }
            let kept = try await provider.count(
                "SELECT count(*) FROM auth.sso_sessions s WHERE position(\(password) IN s::text) > 0"
            )
            #expect(kept == 0)
        }
    }

    @Test func aPasswordThatWasMadeWaitsForTenMinutes() async throws {
        try await withAdmin { provider, browser in
            _ = try await send(browser, Self.made)
            provider.auth.clock.advance(by: .seconds(600))
            #expect(try await browser.get("/users/made").said.contains("not here any more"))
        }
    }

    @Test(arguments: [false, true]) func aDoubleClickAddsOnePersonAndShowsThatItDid(_ isMade: Bool) async throws {
        try await withAdmin { provider, browser in
            let form = try #require(try await browser.get("/users/new").forms.first { $0.action == "/users/new" })
            let token = try #require(form.fields.first { $0.0 == "token" })
            let fields = [token] + (isMade ? Self.made : Self.filled)
            let first = try await browser.post("/users/new", fields)
            let second = try await browser.post("/users/new", fields)
            #expect(first.status == 303 && second.status == 303)
            let target = try #require(second.header("Location"))
            #expect(first.header("Location") == target)
            let page = try await browser.get(target)
            #expect(page.said.contains("Ben was added."))
            #expect(page.body.contains("<code") == isMade)
            #expect(try await provider.count("SELECT count(*) FROM auth.users") == 3)
            // Somebody who has seen it, and sends the form again, learns that the e-mail is taken.
            #expect(try await browser.post("/users/new", fields).status == 409)
        }
    }

    @Test func theFormOffersToMakeAPasswordAndToShowTheTypedOne() async throws {
        try await withAdmin { _, browser in
            let page = try await browser.get("/users/new")
            #expect(page.said.contains("Make one") && page.said.contains("The next page shows it, once"))
            #expect(page.body.contains(#"data-show="f-password""#))
        }
    }

    @Test(arguments: [
        ("name", "", "1 to 200 characters"), ("email", "ben", "an email address"), ("password", "short", "8 to 256"),
        ("role", "owner", "Choose a role"), ("password", "", "Enter a password"),
    ]) func whatDoesNotFitIsSaidAtItsFieldAndTheRestIsKept(
        _ field: String,
        _ value: String,
        _ words: String
    ) async throws {
        try await withAdmin { provider, browser in
            let fields = Self.filled.filter { $0.0 != field } + [(field, value)]
            let answer = try await send(browser, fields)
            #expect(answer.status == 422)
            #expect(answer.said.contains(words))
            if field != "name" { #expect(answer.body.contains(#"value="Ben""#)) }
            #expect(answer.body.contains("<title>Error: Add somebody · popug</title>"))
            #expect(try await provider.count("SELECT count(*) FROM auth.users") == 2)
        }
    }

    @Test func peopleAreFoundByTheBeginningOfNameOrEmailAndByRole() async throws {
        try await withAdmin { provider, browser in
            try await provider.auth.addUser("Annika", role: .employee)
            for (query, names) in [
                ("search=ANN", ["ann@x.org", "Annika@x.org"]), ("search=ann&role=employee", ["Annika@x.org"]),
                ("search=eve%40", ["eve@x.org"]), ("search=%25", []), ("search=_", []),
                ("search=%00ann", ["ann@x.org", "Annika@x.org"]), ("role=admin", ["eve@x.org"]),
            ] {
                let page = try await browser.get("/users?\(query)")
                #expect(page.status == 200)
                for email in ["ann@x.org", "Annika@x.org", "eve@x.org"] {
                    #expect(page.said.contains(email) == names.contains(email), "\(query): \(email)")
                }
            }
        }
    }

    @Test func fiftyAreOnAPage() async throws {
        try await withAdmin { provider, browser in
            for number in 0..<51 { try await provider.auth.addUser("user\(number)") }
            let first = try await browser.get("/users?search=user")
            #expect(first.said.contains("user49@x.org") && !first.said.contains("user50@x.org"))
            let older = try #require(first.link("Older →"))
            let second = try await browser.get(older)
            #expect(second.said.contains("user50@x.org") && !second.said.contains("user49@x.org"))
            #expect(second.link("← Newer") == "/users?search=user")
        }
    }

    @Test(arguments: [
        "<script>alert(1)</script>", "\"><img onerror=alert(1)>", "{{name}}", String(repeating: "x", count: 200),
    ])
    func hostileNamesAreText(_ name: String) async throws {
        try await withAdmin { provider, browser in
            let fields = Self.filled.filter { $0.0 != "name" } + [("name", name)]
            #expect(try await send(browser, fields).status == 303)
            // In the list, in the message above it, and where the person sees it.
            let own = provider.browser
            _ = try await own.submit(
                try await own.get("/login"),
                email: "ben@x.org",
                password: "battery staple"
            )
            for page in [try await browser.get("/users"), try await own.get("/me"), try await own.get("/oauth/logout")]
            {
                #expect(page.status == 200)
                #expect(!page.body.contains("<script>alert") && !page.body.contains("<img"))
                #expect(page.said.contains(name) || name.contains("<"))
            }
        }
    }

    @Test(arguments: ["Ann\u{202E}nad", "Ann\u{200B}"]) func namesThatLookLikeOthersAreRefused(_ name: String)
        async throws
    {
        try await withAdmin { _, browser in
            let answer = try await send(browser, Self.filled.filter { $0.0 != "name" } + [("name", name)])
            #expect(answer.status == 422)
        }
    }
}
