import Foundation
import HTTPKit
import HTTPTypes
import PageKit
import Testing

@Suite struct LogoutTests {
    private func loggedIn(
        _ conduct: @escaping @Sendable (inout IssuerConduct) -> Void = { _ in },
        _ body: @escaping @Sendable (LoginServing, TestBrowser) async throws -> Void
    ) async throws {
        try await LoginServing.serve(conduct) { serving async throws in
            let browser = serving.browser
            #expect(try await browser.logIn().status == 303)
            #expect(try await browser.get("/page").status == 200)
            try await body(serving, browser)
        }
    }

    private func token(_ browser: TestBrowser) async throws -> String {
        let page = try await browser.get("/logout-form")
        let field = try #require(page.range(of: #"name="token" value=""#))
        return String(page[field.upperBound...].prefix { $0 != "\"" })
    }

    // MARK: By the person

    @Test func aFormOfOursEndsTheSessionAndTheIssuerIsAskedToo() async throws {
        try await loggedIn { serving, browser async throws in
            let answer = try await browser.post("/logout", "token=\(token(browser))")
            #expect(answer.status == 303 && answer.header("Location") == "/logout/issuer")
            #expect(serving.ended.all.count == 1)
            let address =
                "0; url=\(serving.issuer.url)/bye?a=b&client_id=console"
                + "&post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Flogout%2Fdone"
            // With what the issuer has said of this login, so that it need not ask the person; once.
            let first = try #require(try await browser.get("/logout/issuer").header("Refresh"))
            #expect(first.hasPrefix(address + "&id_token_hint=ey"))
            #expect(browser.cookieNames.isEmpty)
            #expect(try await browser.get("/logout/issuer").header("Refresh") == address)
            #expect(try await browser.get("/logout/done").contains("You are logged out here."))
            #expect(try await browser.get("/page").status == 303)
        }
    }

    @Test func whereTheIssuerHasNoLogoutTheSessionEndsHere() async throws {
        try await loggedIn({ $0.metadata["end_session_endpoint"] = nil as String? }) { serving, browser async throws in
            let answer = try await browser.post("/logout", "token=\(token(browser))")
            #expect(answer.header("Location") == "/logout/done" && serving.ended.all.count == 1)
            #expect(try await browser.get("/logout/issuer").header("Location") == "/logout/done")
        }
    }

    @Test func anotherFormEndsNothing() async throws {
        try await loggedIn { serving, browser async throws in
            let other = serving.browser
            _ = try await other.logIn()
            for wrong in ["", "token=", "token=x", "token=\(try await token(other))"] {
                #expect(try await browser.post("/logout", wrong).status == 403)
            }
            #expect(try await browser.get("/logout").status != 200)
            #expect(serving.ended.all.isEmpty)
            // Who is logged out already hears that it is so.
            #expect(try await serving.browser.post("/logout").header("Location") == "/logout/done")
        }
    }

    // MARK: By the issuer

    private func send(_ token: String, _ serving: LoginServing) async throws -> Int? {
        try await PageServing.ask(
            serving.port,
            "POST /logout/backchannel",
            ["Content-Type: application/x-www-form-urlencoded"],
            body: "logout_token=\(token)"
        ).status
    }

    @Test func theIssuerEndsASession() async throws {
        try await loggedIn { serving, browser async throws in
            serving.issuer.conduct.claims["sid"] = #""s2""#
            let other = serving.browser
            _ = try await other.logIn()
            #expect(try await send(serving.issuer.logoutToken(), serving) == 200)
            #expect(try await browser.post("/change").status == 401)
            #expect(try await other.post("/change").status == 200)
            #expect(serving.ended.all.count == 1)
        }
    }

    @Test func theIssuerEndsAllSessionsOfAPerson() async throws {
        try await loggedIn { serving, browser async throws in
            serving.issuer.conduct.claims["sid"] = #""s2""#
            let second = serving.browser
            _ = try await second.logIn()
            serving.issuer.conduct.claims["sub"] = #""ben""#
            let other = serving.browser
            _ = try await other.logIn()
            #expect(try await send(serving.issuer.logoutToken(["sid": nil]), serving) == 200)
            for ended in [browser, second] { #expect(try await ended.post("/change").status == 401) }
            #expect(try await other.post("/change").status == 200)
            #expect(serving.ended.all.count == 2)
        }
    }

    @Test(
        arguments: [
            ("iss", #""https://evil.example""#), ("aud", #""tracker""#), ("aud", nil), ("events", nil),
            ("events", "{}"),
            ("events", #"{"http://schemas.openid.net/event/backchannel-logout":1}"#), ("nonce", #""x""#), ("jti", nil),
            ("jti", #""""#),
            ("iat", "1799999819"), ("iat", "1800000061"), ("iat", nil), ("exp", "1799999940"), ("exp", #""x""#),
            ("sub", #""ben""#), ("sid", #""other""#),
        ] as [(String, String?)]
    )
    func whatIsNoLogoutOfTheirsEndsNothing(_ name: String, _ claim: String?) async throws {
        try await loggedIn { serving, browser async throws in
            let status = try await send(serving.issuer.logoutToken([name: claim]), serving)
            // Right, and about nobody who is here.
            #expect(status == (["sub", "sid"].contains(name) ? 200 : 400))
            #expect(try await browser.post("/change").status == 200 && serving.ended.all.isEmpty)
        }
    }

    @Test func aTokenAboutNobodyIsNone() async throws {
        try await loggedIn { serving, browser async throws in
            #expect(try await send(serving.issuer.logoutToken(["sub": nil, "sid": nil]), serving) == 400)
            for text in ["", "x", "a.b.c"] { #expect(try await send(text, serving) == 400) }
            #expect(try await browser.post("/logout/backchannel", "other=1").status == 400)
            #expect(try await browser.post("/change").status == 200)
        }
    }

    @Test(arguments: [
        IssuerConduct.Signature.stranger, .hashOfPublicKey, .otherAlgorithm, .none,
    ])
    func aTokenThatTheIssuerHasNotSignedEndsNothing(_ signature: IssuerConduct.Signature) async throws {
        try await loggedIn { serving, browser async throws in
            serving.issuer.conduct.signature = signature
            #expect(try await send(serving.issuer.logoutToken(), serving) == 400)
            #expect(try await browser.post("/change").status == 200)
        }
    }

    @Test func aTokenOfALogoutServesOnce() async throws {
        try await loggedIn { serving, browser async throws in
            let token = try serving.issuer.logoutToken(["sid": nil])
            #expect(try await send(token, serving) == 200)
            serving.clock.advance(by: .seconds(1))
            _ = try await browser.logIn()
            #expect(try await send(token, serving) == 400)
            #expect(try await browser.post("/change").status == 200)
        }
    }

    @Test func aTokenOfALoginIsNoLogoutNorTheOtherWay() async throws {
        try await loggedIn { serving, browser async throws in
            let now = serving.clock.seconds
            let login = """
                {"iss":"\(serving.issuer.url)","aud":"console","sub":"ann","sid":"s1","nonce":"x","iat":\(now),"exp":\(now + 300)}
                """
            #expect(try await send(serving.issuer.signed(login), serving) == 400)
            #expect(try await browser.post("/change").status == 200)
            let logout = try serving.issuer.logoutToken()
            serving.issuer.conduct.tokenAnswer = (.ok, "{\"id_token\":\"\(logout)\"}")
            #expect(try await serving.browser.logIn().status == 502)
        }
    }

    /// The issuer's word comes while the browser is on its way back.
    @Test func aLoginThatTheIssuerHasEndedMeanwhileIsNone() async throws {
        try await LoginServing.serve { serving async throws in
            let browser = serving.browser
            let answer = try await TestBrowser.answer(of: browser.begin())
            #expect(try await send(serving.issuer.logoutToken(), serving) == 200)
            let page = try await browser.get(answer)
            #expect(page.status == 400 && page.contains("You were logged out while you logged in: try again."))
            #expect(await serving.login.sessions.count == 0)
            serving.clock.advance(by: .seconds(1))
            #expect(try await browser.logIn().status == 303)
        }
    }

    @Test func anIssuerWhoseKeysCannotBeFetchedIsToldToTryAgain() async throws {
        try await LoginServing.serve { serving async throws in
            let token = try serving.issuer.logoutToken()
            serving.issuer.conduct.isAway = true
            #expect(try await send(token, serving) == 503)
        }
    }

    @Test func aLogoutIsABoundedForm() async throws {
        try await LoginServing.serve { serving async throws in
            let large = String(repeating: "x", count: 300_000)
            #expect(try await send(large, serving) == 413)
            #expect(try await PageServing.ask(serving.port, "POST /logout/backchannel", [], body: "x").status == 415)
        }
    }
}
