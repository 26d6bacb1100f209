import PageKit
import Testing
import Times

@Suite struct PageSessionTests {
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

    /// To the page, past the issuer if we are led there.
    private func renewed(_ browser: TestBrowser) async throws -> String {
        try await browser.get(TestBrowser.answer(of: browser.begin()))
    }

    @Test func aSessionEndsAfterAnHourWithoutARequest() async throws {
        try await loggedIn { serving, browser async throws in
            serving.clock.advance(by: .seconds(3599))
            #expect(try await browser.post("/change").status == 200)
            serving.clock.advance(by: .seconds(3600))
            #expect(try await browser.post("/change").status == 401)
            #expect(serving.ended.all.count == 1)
            #expect(await serving.login.sessions.count == 0)
        }
    }

    @Test func aSessionEndsAfterTwelveHoursWhateverIsDone() async throws {
        try await loggedIn { serving, browser async throws in
            for _ in 0..<23 {
                serving.clock.advance(by: .seconds(1800))
                _ = try await renewed(browser)
                #expect(try await browser.get("/page").status == 200)
            }
            serving.clock.advance(by: .seconds(1799))
            #expect(try await browser.post("/change").status == 200)
            serving.clock.advance(by: .seconds(1))
            #expect(try await browser.post("/change").status == 401)
        }
    }

    @Test func whatTheIssuerSaysIsFifteenMinutesOldAtMost() async throws {
        try await loggedIn { serving, browser async throws in
            serving.clock.advance(by: .seconds(899))
            #expect(try await browser.get("/page").status == 200)
            serving.clock.advance(by: .seconds(1))
            serving.issuer.conduct.claims = ["role": #""viewer""#, "name": #""Ann Lee""#]
            // A script and a form are not led away.
            #expect(try await browser.get("/page", ["Sec-Fetch-Mode: cors"]).contains(#"["admin"] s1"#))
            #expect(try await browser.post("/change").status == 200)
            let before = browser.cookie("__Host-perch-8080")
            let back = try await renewed(browser)
            #expect(back.status == 303 && back.header("Location") == "/page")
            #expect(serving.issuer.requests.last?["prompt"] == "none")
            #expect(try await browser.get("/page").hasSuffix(#"Ann Lee is ann ["viewer"] s1"#))
            // The same session: nothing of it ended, streams go on.
            #expect(browser.cookie("__Host-perch-8080") == before && serving.ended.all.isEmpty)
        }
    }

    @Test(arguments: ["login_required", "interaction_required", "consent_required", "account_selection_required"])
    func whoIsLoggedOutAtTheIssuerIsLedToTheLogin(_ error: String) async throws {
        try await loggedIn { serving, browser async throws in
            serving.clock.advance(by: .seconds(900))
            serving.issuer.conduct.answer = ["code": nil, "error": error]
            let back = try await renewed(browser)
            #expect(back.status == 303 && back.header("Location") == "/login?to=%2Fpage")
            #expect(serving.ended.all.count == 1 && browser.cookieNames.isEmpty)
            serving.issuer.conduct.answer = [:]
            #expect(try await browser.logIn().status == 303)
            #expect(serving.issuer.requests.last?["prompt"] == nil)
        }
    }

    @Test func whoIsDeniedByTheIssuerHasNoSessionAnyMore() async throws {
        try await loggedIn { serving, browser async throws in
            serving.clock.advance(by: .seconds(900))
            serving.issuer.conduct.answer = ["code": nil, "error": "access_denied"]
            #expect(try await renewed(browser).status == 403)
            #expect(serving.ended.all.count == 1)
            #expect(try await browser.post("/change").status == 401)
        }
    }

    @Test func aLoginThatTheIssuerHasEndedDoesNotRenewASession() async throws {
        try await loggedIn { serving, browser async throws in
            serving.clock.advance(by: .seconds(900))
            let token = try serving.issuer.logoutToken(["sid": #""s2""#])
            let sent = try await PageServing.ask(
                serving.port,
                "POST /logout/backchannel",
                ["Content-Type: application/x-www-form-urlencoded"],
                body: "logout_token=\(token)"
            )
            #expect(sent.status == 200 && serving.ended.all.isEmpty, "it was of no session here")
            serving.issuer.conduct.claims["sid"] = #""s2""#
            #expect(try await renewed(browser).status == 400)
            #expect(serving.ended.all.count == 1)
            #expect(try await browser.post("/change").status == 401)
        }
    }

    @Test func anotherPersonAtTheIssuerGetsASessionOfTheirOwn() async throws {
        try await loggedIn { serving, browser async throws in
            serving.clock.advance(by: .seconds(900))
            serving.issuer.conduct.claims["sub"] = #""ben""#
            #expect(try await renewed(browser).status == 303)
            #expect(try await browser.get("/page").contains("is ben"))
            #expect(serving.ended.all.count == 1)
        }
    }

    @Test func nobodyIsLoggedOutByAnIssuerThatIsAway() async throws {
        try await loggedIn { serving, browser async throws in
            serving.issuer.conduct.isAway = true
            for _ in 0..<20 {
                serving.clock.advance(by: .seconds(1800))
                #expect(try await browser.get("/page").hasSuffix("s1 late"))
                #expect(try await browser.post("/change").status == 200)
            }
            serving.issuer.conduct.isAway = false
            serving.clock.advance(by: .seconds(60))
            // Long overdue: now only who is led past the issuer goes on.
            #expect(try await browser.post("/change").status == 401)
            #expect(try await renewed(browser).status == 303)
            #expect(try await browser.get("/page").hasSuffix("s1"))
            #expect(try await browser.post("/change").status == 200)
        }
    }

    @Test func whereItIsWantedPagesEndAnHourAfterTheIssuerCouldLastBeAsked() async throws {
        try await LoginServing.serve(hasEndWithoutIssuer: true) { serving async throws in
            let browser = serving.browser
            _ = try await browser.logIn()
            serving.issuer.conduct.isAway = true
            for _ in 0..<2 {
                serving.clock.advance(by: .seconds(2249))
                #expect(try await browser.get("/page").hasSuffix("s1 late"))
            }
            serving.clock.advance(by: .seconds(2))
            let refused = try await browser.get("/page")
            #expect(refused.status == 503 && refused.header("Retry-After") == "10")
            serving.issuer.conduct.isAway = false
            serving.clock.advance(by: .seconds(60))
            #expect(try await renewed(browser).status == 303)
            #expect(try await browser.get("/page").hasSuffix("s1"))
        }
    }

    @Test func anIssuerThatCannotTellIsAskedAgainAfterAMinute() async throws {
        try await loggedIn { serving, browser async throws in
            serving.clock.advance(by: .seconds(900))
            serving.issuer.conduct.answer = ["code": nil, "error": "temporarily_unavailable"]
            #expect(try await renewed(browser).header("Location") == "/page")
            #expect(try await browser.get("/page").hasSuffix("s1 late"))
            serving.clock.advance(by: .seconds(59))
            #expect(try await browser.get("/page").hasSuffix("s1 late"))
            serving.clock.advance(by: .seconds(1))
            serving.issuer.conduct.answer = [:]
            #expect(try await renewed(browser).status == 303)
            #expect(try await browser.get("/page").hasSuffix("s1"))
        }
    }

    @Test func whoeverLetsTheIssuerNeverTellGoesOnForAnHourAtMost() async throws {
        try await loggedIn { serving, browser async throws in
            serving.issuer.conduct.answer = ["code": nil, "error": "temporarily_unavailable"]
            serving.clock.advance(by: .seconds(3000))
            #expect(try await renewed(browser).header("Location") == "/page")
            serving.clock.advance(by: .seconds(1500))
            #expect(try await browser.post("/change").status == 401)
            #expect(try await renewed(browser).status == 503)
            #expect(try await browser.get("/page").status == 303)
        }
    }

    @Test func aCookieThatIsNotOursIsNoSession() async throws {
        try await loggedIn { serving, browser async throws in
            let value = try #require(browser.cookie("__Host-perch-8080"))
            for wrong in ["", "x", String(value.dropLast()), "B" + value.dropFirst()] {
                let other = serving.browser
                other.set("__Host-perch-8080", wrong)
                #expect(try await other.get("/page").status == 303)
                #expect(try await other.post("/change").status == 401)
            }
        }
    }

    @Test func sessionsThatNobodyAsksForEndTooAndTheirStreamsWithThem() async throws {
        try await loggedIn { serving, _ async throws in
            serving.clock.advance(by: .seconds(3600))
            let running = Task { try await serving.login.run() }
            while serving.ended.all.isEmpty { await Task.yield() }
            running.cancel()
            try await running.value
            #expect(await serving.login.sessions.count == 0)
        }
    }
}
