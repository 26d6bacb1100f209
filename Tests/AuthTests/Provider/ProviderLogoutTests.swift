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
import Testing

@testable import Auth

@Suite("logging out at the provider") struct ProviderLogoutTests {
    private static let accounting = [
        "client_id": "accounting", "redirect_uri": "http://127.0.0.1:8083/login/callback",
    ]
    private static let logout =
        "/oauth/logout?client_id=tracker&post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A8082%2Flogout%2Fdone&state=s"

    private static func serve(
        told names: [String] = ["tracker", "accounting"],
        _ body: @escaping @Sendable (ProviderFixture, LogoutReceiver) async throws -> Void
    ) async throws {
        try await LogoutReceiver.serve(told: names, body)
    }

    @Test func itAsksFirstThenEndsAndTellsAllWhoHadTheSession() async throws {
        try await Self.serve { provider, receiver in
            let browser = provider.browser
            let code = try await provider.code(browser)
            _ = try await browser.logIn(ProviderFixture.request(Self.accounting))
            let ask = try await browser.get(Self.logout)
            #expect(ask.status == 200)
            #expect(ask.said.contains("You are logged in as ann."))
            #expect(receiver.clients.isEmpty)
            let form = try #require(ask.forms.first)
            let answer = try await browser.post(form.action, form.fields)
            #expect(answer.status == 303)
            #expect(browser.cookie("__Host-auth-8081") == nil)
            #expect(receiver.clients == ["accounting", "tracker"])
            let page = try await browser.get(try #require(answer.header("Location")))
            #expect(page.said.contains("You are logged out of Accounts and Tickets."))
            #expect(!page.said.contains("could not be told"))
            #expect(page.link("Back to Tickets") == "http://127.0.0.1:8082/logout/done?state=s")
            // Nothing goes on: neither the login, nor a code that was not given back yet.
            let silent = try await browser.get(ProviderFixture.request(["prompt": "none"]))
            #expect(silent.field(ofLocation: "error") == "login_required")
            #expect(try await provider.redeem(code).error == "invalid_grant")
        }
    }

    @Test func theTokenOfALogoutIsWhatItsStandardSays() async throws {
        try await Self.serve { provider, receiver in
            let browser = provider.browser
            let reply = try await provider.redeem(try await provider.code(browser))
            let hint = try #require(reply.json["id_token"]?.string)
            _ = try await browser.get("/oauth/logout?id_token_hint=\(hint)")
            let claims = try #require(try receiver.claims(of: "tracker").first)
            #expect(claims["iss"]?.string == "http://127.0.0.1:8081" && claims["aud"]?.string == "tracker")
            #expect(claims["sid"]?.string == (try reply.claims["sid"]?.string))
            #expect(claims["sub"]?.string == (try reply.claims["sub"]?.string))
            #expect(claims["events"]?["http://schemas.openid.net/event/backchannel-logout"]?.kind == .object)
            #expect(claims["nonce"] == nil && claims["jti"]?.string != nil)
            let header = try receiver.header(of: "tracker")
            #expect(header?["typ"]?.string == "logout+jwt" && header?["alg"]?.string == "EdDSA")
        }
    }

    @Test func anIDTokenOfThisSessionEndsItWithoutAQuestionAndNoOtherDoes() async throws {
        try await Self.serve { provider, receiver in
            let browser = provider.browser
            func hint() async throws -> String {
                try #require(try await provider.redeem(try await provider.code(browser)).json["id_token"]?.string)
            }
            let old = try await hint()
            _ = try await browser.submit(try await browser.get(ProviderFixture.request(["prompt": "login"])))
            try await eventually("the session of before was told") { receiver.clients == ["tracker"] }
            var forged = try await hint()
            forged.removeLast(4)
            for wrong in [old, forged + "AAAA", "x", ""] {
                let answer = try await browser.get("/oauth/logout?id_token_hint=\(wrong)")
                #expect(answer.status == 200 && answer.forms.count == 1)
            }
            let answer = try await browser.get("/oauth/logout?id_token_hint=\(try await hint())")
            #expect(answer.status == 303)
            #expect(receiver.clients == ["tracker", "tracker"])
        }
    }

    @Test func whoCannotBeToldIsTriedThriceAndNamed() async throws {
        try await Self.serve(told: ["accounting"]) { provider, receiver in
            let browser = provider.browser
            _ = try await browser.logIn()
            _ = try await browser.logIn(ProviderFixture.request(Self.accounting))
            receiver.refuse("accounting", times: 2)
            let form = try #require(try await browser.get("/oauth/logout").forms.first)
            let answer = try await browser.post(form.action, form.fields)
            #expect(receiver.clients == Array(repeating: "accounting", count: 3))
            let page = try await browser.get(try #require(answer.header("Location")))
            #expect(page.said.contains("You are logged out of Accounts."))
            #expect(page.said.contains("Tickets could not be told; there it ends by itself within 15 minutes."))
        }
    }

    @Test func whoNeverTakesItIsNotTriedAFourthTime() async throws {
        try await Self.serve { provider, receiver in
            let browser = provider.browser
            _ = try await browser.logIn()
            receiver.refuse("tracker", times: 100)
            let form = try #require(try await browser.get("/oauth/logout").forms.first)
            let answer = try await browser.post(form.action, form.fields)
            #expect(receiver.clients == Array(repeating: "tracker", count: 3))
            let page = try await browser.get(try #require(answer.header("Location")))
            #expect(page.said.contains("This login has ended. Tickets could not be told"))
        }
    }

    @Test func aSecondUseOfACodeTellsTheClientThatGotTheFirst() async throws {
        try await Self.serve { provider, receiver in
            let code = try await provider.code(provider.browser)
            #expect(try await provider.redeem(code).status == 200)
            #expect(receiver.clients.isEmpty)
            #expect(try await provider.redeem(code).error == "invalid_grant")
            try await eventually("the client was told") { receiver.clients == ["tracker"] }
        }
    }

    @Test func aSecondUseByAnotherClientEndsNothing() async throws {
        try await Self.serve { provider, receiver in
            let code = try await provider.code(provider.browser)
            #expect(try await provider.redeem(code).status == 200)
            let other = try await provider.redeem(code, client: "accounting", secret: ProviderFixture.otherSecret)
            #expect(other.error == "invalid_grant")
            #expect(receiver.clients.isEmpty)
        }
    }

    @Test func aClientThatComesAgainAfterASecondUseIsToldOfTheLogoutToo() async throws {
        try await Self.serve { provider, receiver in
            let browser = provider.browser
            let code = try await provider.code(browser)
            for _ in 0..<2 { _ = try await provider.redeem(code) }
            try await eventually("the client was told") {
                try await provider.count("SELECT count(*) FROM auth.sso_clients WHERE told_at IS NOT NULL") == 1
            }
            #expect(try await provider.redeem(provider.code(browser)).status == 200)
            let form = try #require(try await browser.get("/oauth/logout").forms.first)
            _ = try await browser.post(form.action, form.fields)
            #expect(receiver.clients == ["tracker", "tracker"])
        }
    }

    @Test func whoHasALoginIsNotToldThatItHasEndedByTheAddressOfAnother() async throws {
        try await Self.serve { provider, _ in
            let (browser, other) = (provider.browser, provider.browser)
            _ = try await browser.logIn()
            _ = try await other.logIn()
            let form = try #require(try await other.get("/oauth/logout").forms.first)
            let answer = try await other.post(form.action, form.fields)
            let page = try await browser.get(try #require(answer.header("Location")))
            #expect(page.said.contains("You are not logged out"))
        }
    }

    @Test func whoIsDisabledIsLoggedOutOfAllPrograms() async throws {
        try await Self.serve { provider, receiver in
            _ = try await provider.browser.logIn()
            let user = try #require(try await provider.auth.users.user(email: "ann@x.org", in: provider.auth.database))
            let admin = try await provider.auth.addUser("eve", role: .admin)
            let token = try await provider.auth.sessions.begin(for: admin).accessToken
            let answer = try await RawAnswer.ask(
                provider.port,
                "POST /v1/users/\(user.userID)/disable",
                ["Authorization: Bearer \(token)"],
                body: ""
            )
            #expect(answer.status == 200)
            #expect(receiver.clients == ["tracker"])
        }
    }

    @Test func aFormOfAnotherSiteOrSessionLogsNobodyOut() async throws {
        try await Self.serve { provider, receiver in
            let (browser, other) = (provider.browser, provider.browser)
            _ = try await browser.logIn()
            _ = try await other.logIn()
            let form = try #require(try await browser.get("/oauth/logout").forms.first)
            for site in ["cross-site", "same-site"] {
                #expect(try await browser.post(form.action, form.fields, site: site).status == 403)
            }
            #expect(try await browser.post(form.action, form.without("token").fields).status == 403)
            #expect(try await other.post(form.action, form.fields).status == 403)
            #expect(receiver.clients.isEmpty)
            #expect(try await provider.count("SELECT count(*) FROM auth.sso_sessions WHERE ended_at IS NULL") == 2)
        }
    }

    @Test(arguments: [
        "https://evil.example/", "http://127.0.0.1:8083/logout/done", "http://127.0.0.1:8082/logout/done/",
    ])
    func anAddressThatIsNotTheClientsIsNoLink(_ uri: String) async throws {
        try await Self.serve { provider, _ in
            let browser = provider.browser
            _ = try await browser.logIn()
            let query = "client_id=tracker&post_logout_redirect_uri=\(Address.encoded(uri))"
            for path in ["/oauth/logout?\(query)", "/logged-out?\(query)"] {
                let page = try await browser.get(path)
                #expect(page.status == 200 && !page.body.contains(uri) && page.links(to: "http").isEmpty)
            }
        }
    }

    @Test func whoIsLoggedInIsNotToldToBeLoggedOut() async throws {
        try await Self.serve { provider, _ in
            let browser = provider.browser
            _ = try await browser.logIn()
            #expect(try await browser.get("/logged-out").said.contains("You are not logged out"))
            let id = try await provider.auth.database.query("SELECT session_id FROM auth.sso_sessions") {
                try $0.decode(0, as: UUID.self)
            }.first
            let page = try await browser.get("/logged-out?session=\(id?.uuidString ?? "")")
            #expect(page.said.contains("You are not logged out"))
        }
    }
}
