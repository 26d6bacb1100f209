import Foundation
import HTTPKit
import HTTPTesting
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import StrictJSON
import Synchronization
import Testing

@testable import Auth

@Suite("the form to log in") struct LoginPageTests {
    private static let cookie = "__Host-auth-8081"
    private static let browserCookie = "__Host-auth-browser-8081"

    @Test func theFormIsWhatPasswordManagersFill() async throws {
        try await ProviderFixture.serve { provider in
            let page = try await provider.browser.get(ProviderFixture.request())
            #expect(page.body.contains(#"autocomplete="username""#))
            #expect(page.body.contains(#"autocomplete="current-password""#))
            #expect(page.body.contains("<title>Log in · popug</title>"))
            let policy = try #require(page.header("Content-Security-Policy"))
            #expect(policy.contains("form-action 'self' http://127.0.0.1:8082;"))
            #expect(policy.contains("frame-ancestors 'none'"))
        }
    }

    @Test func thePasswordCanBeShownWhereThereIsAScriptAndTheWaitCountsDown() async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            let page = try await browser.get(ProviderFixture.request())
            let button = try #require(page.body.components(separatedBy: "<button ").first { $0.contains("data-show") })
            let attributes = button.prefix { $0 != ">" }
            // Without a script it is not there.
            #expect(attributes.hasSuffix(" hidden") && attributes.contains(#"type="button""#))
            #expect(attributes.contains(#"data-show="f-password""#))
            for _ in 0..<11 { _ = try await browser.submit(page, password: "wrong") }
            provider.auth.clock.advance(by: .seconds(1))
            #expect(try await browser.submit(page, password: "wrong").status == 422)
            let refused = try await browser.submit(page)
            #expect(refused.status == 429 && refused.header("Retry-After") == "2")
            #expect(refused.body.contains(#"<span data-wait="2">in 2 seconds</span>"#))
        }
    }

    @Test func unknownAndKnownEmailsAreAnsweredAlike() async throws {
        try await ProviderFixture.serve { provider in
            var said: Set<String> = []
            for email in ["ann@x.org", "nobody@x.org"] {
                let browser = provider.browser
                let answer = try await browser.submit(
                    try await browser.get(ProviderFixture.request()),
                    email: email,
                    password: "wrong"
                )
                #expect(answer.status == 422)
                #expect(answer.body.contains(#"value="\#(email)""#))
                #expect(answer.body.contains("<title>Error: Log in · popug</title>"))
                said.insert(answer.said)
            }
            #expect(said.count == 1)
            #expect(said.first?.contains("E-mail or password is wrong") == true)
            #expect(try await provider.count("SELECT count(*) FROM auth.sso_sessions") == 0)
        }
    }

    @Test func unknownAndKnownEmailsTakeTheSameWork() async throws {
        let work = Mutex<[Int]>([])
        let hasher = PasswordHasher(cost: 4) { cost in work.withLock { $0.append(cost) } }
        try await ProviderFixture.serve(hasher: hasher) { provider in
            var spent: [[Int]] = []
            for email in ["ann@x.org", "nobody@x.org"] {
                let browser = provider.browser
                let page = try await browser.get(ProviderFixture.request())
                work.withLock { $0 = [] }
                _ = try await browser.submit(page, email: email, password: "wrong")
                spent.append(work.withLock(\.self))
            }
            #expect(spent[0] == spent[1] && !spent[0].isEmpty)
        }
    }

    @Test func ofAThousandWrongPasswordsFewAreLookedAt() async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            let page = try await browser.get(ProviderFixture.request())
            var statuses: [Int: Int] = [:]
            for _ in 0..<1000 {
                let answer = try await browser.submit(page, password: "wrong")
                statuses[answer.status, default: 0] += 1
                if answer.status == 429 { #expect(answer.header("Retry-After") == "1") }
            }
            #expect(statuses == [422: 11, 429: 989])
        }
    }

    @Test(arguments: ["", " ", "\u{0}", "ann@x.org\u{0}", String(repeating: "a", count: 300), "<script>", "\u{202E}"])
    func anyTextInTheFieldIsTextOnThePage(_ email: String) async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            let answer = try await browser.submit(
                try await browser.get(ProviderFixture.request()),
                email: email,
                password: "wrong"
            )
            #expect(answer.status == 422)
            #expect(!answer.body.contains("<script>"))
        }
    }

    @Test func whoFailsTooOftenIsToldWhenToTryAgain() async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            let page = try await browser.get(ProviderFixture.request())
            for _ in 0..<11 { #expect(try await browser.submit(page, password: "wrong").status == 422) }
            let once = try await browser.submit(page)
            #expect(once.status == 429)
            #expect(once.header("Retry-After") == "1")
            #expect(once.said.contains("Too many tries: again in 1 second"))
            // What was typed is kept, and the form serves when the time is up.
            #expect(once.body.contains(#"value="ann@x.org""#))
            provider.auth.clock.advance(by: .seconds(1))
            #expect(try await browser.submit(once).status == 303)
        }
    }

    @Test func aDisabledUserIsAnsweredAsAStranger() async throws {
        try await ProviderFixture.serve { provider in
            let user = try #require(try await provider.auth.users.user(email: "ann@x.org", in: provider.auth.database))
            _ = try await provider.auth.users.disable(user.userID, in: provider.auth.database)
            let browser = provider.browser
            let answer = try await browser.submit(try await browser.get(ProviderFixture.request()))
            #expect(answer.status == 422)
            #expect(answer.said.contains("E-mail or password is wrong"))
        }
    }

    // MARK: Forms

    @Test func theFormServesAfterBackAndInTwoTabsForTenMinutes() async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            let first = try await browser.get(ProviderFixture.request(["state": "first"]))
            let second = try await browser.get(ProviderFixture.request(["state": "second"]))
            #expect(try await browser.submit(second).field(ofLocation: "state") == "second")
            provider.auth.clock.advance(by: .seconds(599))
            #expect(try await browser.submit(first).field(ofLocation: "state") == "first")
            #expect(try await browser.submit(first).field(ofLocation: "state") == "first")
            provider.auth.clock.advance(by: .seconds(1))
            let late = try await browser.submit(first)
            #expect(late.status == 400)
            #expect(late.said.contains("took too long"))
        }
    }

    @Test func aFormForAProgramThatIsRegisteredNoMoreLeadsNowhere() async throws {
        try await ProviderFixture.serve { provider in
            let page = try await provider.browser.get(ProviderFixture.request())
            let browserCookie = try #require(
                page.header("Set-Cookie")?.dropFirst(Self.browserCookie.count + 1).prefix { $0 != ";" }
            )
            let auth = provider.auth
            let later = Auth.server(
                database: auth.database,
                hasher: auth.hasher,
                issuer: auth.issuer,
                clients: .none,
                pace: .patient,
                logger: .silent,
                now: auth.now,
                instant: { .now }
            )
            try await whileServing(later.api, verifier: auth.verifier) { port in
                let browser = ProviderBrowser(port: port)
                browser.set(Self.browserCookie, String(browserCookie))
                let answer = try await browser.submit(page)
                #expect(answer.status == 400 && answer.header("Location") == nil)
                #expect(try await provider.count("SELECT count(*) FROM auth.sso_sessions") == 0)
            }
        }
    }

    @Test(arguments: ["cross-site", "same-site", "none"])
    func aFormOfAnotherSiteOrPortIsRefused(_ site: String) async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            let form = try #require(try await browser.get(ProviderFixture.request()).forms.first)
            let fields = form.with("email", "ann@x.org").with("password", AuthFixture.password).fields
            let answer = try await browser.post("/login", fields, site: site)
            #expect(answer.status == 403)
            #expect(answer.header("Set-Cookie") == nil)
            #expect(try await provider.count("SELECT count(*) FROM auth.sso_sessions") == 0)
        }
    }

    @Test func loginCSRFIsRefusedAForeignFormServesNoOtherBrowser() async throws {
        try await ProviderFixture.serve { provider in
            let attacker = provider.browser
            let form = try #require(try await attacker.get(ProviderFixture.request()).forms.first)
            let fields = form.with("email", "ann@x.org").with("password", AuthFixture.password)
            // A browser that has never been here, and one that has a form of its own.
            let stranger = provider.browser
            #expect(try await stranger.post("/login", fields.fields).status == 400)
            let victim = provider.browser
            let own = try #require(try await victim.get(ProviderFixture.request()).forms.first)
            #expect(try await victim.post("/login", fields.fields).status == 403)
            let token = try #require(own.fields.first { $0.0 == "token" }?.1)
            #expect(try await victim.post("/login", fields.with("token", token).fields).status == 403)
            #expect(try await victim.post("/login", fields.without("token").fields).status == 403)
            #expect(try await victim.post("/login", fields.with("login", "x").fields).status == 403)
            #expect(try await provider.count("SELECT count(*) FROM auth.sso_sessions") == 0)
        }
    }

    @Test func withoutItsCookieThePageSaysThatTheBrowserKeepsNone() async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            let page = try await browser.get(ProviderFixture.request())
            browser.set(Self.browserCookie, nil)
            let answer = try await browser.submit(page)
            #expect(answer.status == 400)
            #expect(answer.said.contains("Your browser did not keep the login: these pages need https"))
        }
    }

    // MARK: Session

    @Test func sessionFixationGivesNothingEachLoginHasANewCookie() async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            let planted = Secret().text
            browser.set(Self.cookie, planted)
            _ = try await browser.logIn()
            let first = try #require(browser.cookie(Self.cookie))
            #expect(first != planted)
            _ = try await browser.submit(try await browser.get(ProviderFixture.request(["prompt": "login"])))
            let second = try #require(browser.cookie(Self.cookie))
            #expect(second != first)
            let thief = provider.browser
            for old in [planted, first] {
                thief.set(Self.cookie, old)
                let answer = try await thief.get(ProviderFixture.request(["prompt": "none"]))
                #expect(answer.field(ofLocation: "error") == "login_required")
            }
        }
    }

    @Test func theDatabaseHasNoCookieAndNoCode() async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            let code = try await provider.code(browser)
            let cookies = [Self.cookie, Self.browserCookie].compactMap { browser.cookie($0) }
            #expect(cookies.count == 2)
            for secret in cookies + [code] {
                let found = try await provider.count(
                    """
                    SELECT count(*) FROM (
                        SELECT s::text AS line FROM auth.sso_sessions s UNION ALL SELECT l::text FROM auth.logins l
                        UNION ALL SELECT c::text FROM auth.codes c
                    ) AS lines WHERE position(\(secret) IN line) > 0
                    """
                )
                #expect(found == 0)
            }
        }
    }

    @Test func pagesOfAuthLeadToTheFormAndBack() async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            let me = try await browser.get("/me")
            #expect(me.status == 303)
            let page = try await browser.get(try #require(me.header("Location")))
            let answer = try await browser.submit(page)
            #expect(answer.header("Location") == "/me")
            #expect(try await browser.get("/me").said.contains("ann@x.org"))
        }
    }

    @Test(arguments: [
        "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "evil.example",
    ])
    func noOpenRedirectByTheFieldTo(_ target: String) async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            let page = try await browser.get("/login?to=\(Address.encoded(target))")
            #expect(try await browser.submit(page).header("Location") == "/me")
        }
    }
}
