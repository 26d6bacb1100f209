import PageKit
import Testing

@Suite struct LoginTests {
    @Test(arguments: [IssuerConduct.Signature.edwards, .curve, .rsa])
    func aPersonLogsInAndComesBackToTheSamePage(_ signature: IssuerConduct.Signature) async throws {
        try await LoginServing.serve({ $0.signature = signature }) { serving async throws in
            let browser = serving.browser
            let back = try await browser.logIn("/page?q=a%20b&x=1")
            #expect(back.status == 303 && back.header("Location") == "/page?q=a%20b&x=1")
            #expect(back.header("Referrer-Policy") == "no-referrer" && back.header("Cache-Control") == "no-store")
            #expect(try await browser.get("/page").hasSuffix(#"Ann <b> is ann ["admin"] s1"#))
            // What began the login is gone.
            #expect(browser.cookieNames == ["__Host-perch-8080"])
        }
    }

    @Test func aPublicClientProvesItselfByItsVerifier() async throws {
        try await LoginServing.serve(isPublic: true) { serving async throws in
            let browser = serving.browser
            #expect(try await browser.logIn().status == 303)
            #expect(try await browser.get("/page").status == 200)
        }
    }

    @Test func theIssuerIsAskedForWhatItHasToBeAskedFor() async throws {
        try await LoginServing.serve { serving async throws in
            let browser = serving.browser
            _ = try await browser.logIn()
            serving.browser.set("other", "1")
            _ = try await serving.browser.logIn()
            let requests = serving.issuer.requests
            #expect(requests.count == 2)
            #expect(requests.allSatisfy { $0["redirect_uri"] == "http://127.0.0.1:8080/login/callback" })
            #expect(requests.allSatisfy { $0["scope"] == "openid profile" && $0["prompt"] == nil })
            #expect(Set(requests.compactMap { $0["state"] }).count == 2)
            #expect(Set(requests.compactMap { $0["nonce"] }).count == 2)
        }
    }

    @Test func onlyAPageThatIsLoadedLeadsToTheLogin() async throws {
        try await LoginServing.serve { serving async throws in
            let browser = serving.browser
            let page = try await browser.get("/page?a=1", ["Sec-Fetch-Mode: navigate"])
            #expect(page.status == 303 && page.header("Location") == "/login?to=%2Fpage%3Fa%3D1")
            #expect(try await browser.get("/page", ["Sec-Fetch-Mode: cors"]).status == 401)
            #expect(try await browser.post("/change").status == 401)
            _ = try await browser.logIn()
            #expect(try await browser.post("/change").hasSuffix("changed"))
        }
    }

    /// A form may not be redirected to another origin: the browser would hold that against the policy of the form's page.
    @Test func theLoginIsLedToByAPageOfItsOwn() async throws {
        try await LoginServing.serve { serving async throws in
            let page = try await serving.browser.get("/login?to=/page")
            #expect(page.status == 200 && page.header("Refresh")?.contains("/authorize?response_type=code&") == true)
            #expect(page.contains("Go on to the login") && page.header("Location") == nil)
        }
    }

    @Test(arguments: [
        "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "page", "/login?to=/x",
        "/logout/done", "/login", "/a%0Ab",
    ])
    func aLoginLeadsBackToNobodyElse(_ target: String) async throws {
        try await LoginServing.serve { serving async throws in
            let browser = serving.browser
            let escaped = target.replacing("%", with: "%25").replacing("&", with: "%26").replacing("?", with: "%3F")
            let login = try await browser.get("/login?to=\(escaped)")
            let request = try #require(login.header("Refresh")).dropFirst("0; url=".count)
            let back = try await browser.get(TestBrowser.answer(of: String(request)))
            #expect(back.status == 303)
            #expect(back.header("Location") == (target == "/a%0Ab" ? "/a%0Ab" : "/"))
        }
    }

    @Test func severalTabsLogInAtOnce() async throws {
        try await LoginServing.serve { serving async throws in
            let browser = serving.browser
            let (first, second) = (try await browser.begin("/page?1"), try await browser.begin("/page?2"))
            #expect(browser.cookieNames.count == 2)
            let back = try await browser.get(TestBrowser.answer(of: second))
            #expect(back.header("Location") == "/page?2")
            let later = try await browser.get(TestBrowser.answer(of: first))
            #expect(later.header("Location") == "/page?1")
            // The faster one's streams go on.
            #expect(serving.ended.all.isEmpty && browser.cookieNames == ["__Host-perch-8080"])
        }
    }

    @Test func aBrowserKeepsFiveAttemptsAtMost() async throws {
        try await LoginServing.serve { serving async throws in
            let browser = serving.browser
            let first = try await browser.begin()
            for _ in 0..<5 {
                serving.clock.advance(by: .seconds(1))
                _ = try await browser.begin()
            }
            #expect(browser.cookieNames.count == 5)
            #expect(try await browser.get(TestBrowser.answer(of: first)).contains("did not keep this login"))
        }
    }

    @Test(arguments: [
        (#"["viewer","operator"]"#, #"["viewer", "operator"]"#), (#""admin""#, #"["admin"]"#), ("[]", "[]"),
        ("null", "[]"),
        ("1", "[]"), (#"{"a":1}"#, "[]"), (#"["a",1]"#, "[]"),
    ])
    func rolesAreATextOrTexts(_ claim: String, _ roles: String) async throws {
        try await LoginServing.serve({ $0.claims["role"] = claim }) { serving async throws in
            let browser = serving.browser
            _ = try await browser.logIn()
            #expect(try await browser.get("/page").contains("is ann \(roles) s1"))
        }
    }

    @Test func rolesMayStandInAnObject() async throws {
        try await LoginServing.serve(roleClaim: "realm.roles", { $0.claims["realm"] = #"{"roles":["a"]}"# }) {
            serving async throws in
            let browser = serving.browser
            _ = try await browser.logIn()
            #expect(try await browser.get("/page").contains(#"is ann ["a"]"#))
        }
    }

    @Test func aKeyThatIsNewIsFetchedOnceAMinute() async throws {
        try await LoginServing.serve { serving async throws in
            _ = try await serving.browser.logIn()
            #expect(serving.issuer.asked("keys") == 1)
            serving.issuer.conduct.keyID = "edwards-2"
            // A minute after the first fetch, and not before.
            #expect(try await serving.browser.logIn().status == 502)
            #expect(serving.issuer.asked("keys") == 1)
            serving.clock.advance(by: .seconds(60))
            #expect(try await serving.browser.logIn().status == 303)
            #expect(serving.issuer.asked("keys") == 2)
        }
    }

    @Test func aLoginGivesAnotherNumberThanTheOneBefore() async throws {
        try await LoginServing.serve { serving async throws in
            let browser = serving.browser
            _ = try await browser.logIn()
            let before = try #require(browser.cookie("__Host-perch-8080"))
            serving.clock.advance(by: .seconds(20 * 60))
            serving.issuer.conduct.claims["sub"] = #""ben""#
            _ = try await browser.logIn()
            #expect(try await browser.get("/page").contains("is ben"))
            let stale = serving.browser
            stale.set("__Host-perch-8080", before)
            #expect(try await stale.get("/page").status == 303)
            #expect(serving.ended.all.count == 1)
        }
    }
}
