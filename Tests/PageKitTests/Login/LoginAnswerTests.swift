import HTTPTypes
import PageKit
import Testing

/// An issuer, or somebody in between, that does not keep to the rules: nobody is logged in, and the page says what happened.
@Suite struct LoginAnswerTests {
    @Test func anAnswerOfAnotherIssuer() async throws {
        try await LoginServing.refused(.notVerified, "iss of another issuer") {
            $0.answer["iss"] = "https://evil.example"
        }
    }

    @Test func anAnswerThatDoesNotNameItsIssuerThoughItSaysSo() async throws {
        try await LoginServing.refused(.notVerified, "no iss") { $0.answer["iss"] = nil as String? }
        try await LoginServing.taken {
            $0.answer["iss"] = nil as String?
            $0.metadata["authorization_response_iss_parameter_supported"] = nil as String?
        }
    }

    @Test func aPersonWhoSaysNo() async throws {
        try await LoginServing.refused(.denied, "access_denied") {
            $0.answer = ["code": nil, "error": "access_denied"]
        }
    }

    @Test func anErrorOfTheIssuer() async throws {
        try await LoginServing.refused(.failed, "server_error") { $0.answer = ["code": nil, "error": "server_error"] }
        try await LoginServing.refused(.issuerAway, "temporarily") {
            $0.answer = ["code": nil, "error": "temporarily_unavailable"]
        }
        try await LoginServing.refused(.clientRefused, "invalid_scope") {
            $0.answer = ["code": nil, "error": "invalid_scope"]
        }
        try await LoginServing.refused(.failed, "without a name") { $0.answer = ["code": nil, "error": "<script>\nx"] }
        try await LoginServing.refused(.failed, "neither code nor error") { $0.answer = ["code": nil] }
        // Not the one that began it: only a login that was asked to be silent ends silently.
        try await LoginServing.refused(.failed, "login_required") {
            $0.answer = ["code": nil, "error": "login_required"]
        }
    }

    @Test func aCodeThatTheIssuerDoesNotKnow() async throws {
        try await LoginServing.refused(.tookTooLong, "does not take the code") { $0.answer["code"] = "other" }
    }

    @Test func aClientThatTheIssuerDoesNotKnow() async throws {
        try await LoginServing.refused(.clientRefused, "invalid_client") {
            $0.tokenAnswer = (.unauthorized, #"{"error":"invalid_client"}"#)
        }
        try await LoginServing.refused(.clientRefused, "401") { $0.tokenAnswer = (.unauthorized, "") }
    }

    @Test func anIssuerThatFails() async throws {
        try await LoginServing.refused(.issuerAway, "500") { $0.tokenAnswer = (.internalServerError, "") }
        try await LoginServing.refused(.failed, "400") { $0.tokenAnswer = (.badRequest, #"{"error":"Secret Words"}"#) }
    }

    /// Where it leads is not the address that was agreed on: the code goes to nobody else.
    @Test func anAnswerThatLeadsElsewhere() async throws {
        try await LoginServing.serve({ $0.tokenAnswer = (.temporaryRedirect, "") }) { serving async throws in
            let answer = try await serving.browser.logIn()
            #expect(answer.status == 502 && serving.log.text.contains("307"))
            #expect(serving.issuer.asked("elsewhere") == 0)
        }
    }

    @Test func anAnswerWithoutAnEnd() async throws {
        try await LoginServing.refused(.issuerAway, "tooLarge") {
            $0.tokenAnswer = (.ok, "{\"id_token\":\"\(String(repeating: "x", count: 300_000))\"}")
        }
    }

    @Test(.timeLimit(.minutes(30))) func anAnswerThatDoesNotCome() async throws {
        try await LoginServing.serve(patience: .seconds(1), { $0.isSlow = true }) { serving async throws in
            // However slow the machine is, sometime all before is in time.
            while serving.issuer.asked("token") == 0 {
                serving.clock.advance(by: .seconds(120))
                let browser = serving.browser
                let login = try await browser.get("/login?to=/page")
                guard let request = login.header("Refresh")?.dropFirst("0; url=".count) else { continue }
                let answer = try await browser.get(TestBrowser.answer(of: String(request)))
                #expect(answer.status == 503 && answer.contains("The issuer does not answer"))
            }
        }
    }

    // MARK: What comes through the browser

    @Test func aStateOfAnotherBrowser() async throws {
        try await LoginServing.serve { serving async throws in
            let answer = try await TestBrowser.answer(of: serving.browser.begin())
            let other = serving.browser
            #expect(try await other.get(answer).contains("did not keep this login"))
            // Not even one that has begun a login of its own.
            _ = try await other.begin()
            #expect(try await other.get(answer).status == 400)
            #expect(serving.issuer.asked("token") == 0)
        }
    }

    @Test func aStateThatIsNotTheOneOfTheAttempt() async throws {
        try await LoginServing.serve { serving async throws in
            let browser = serving.browser
            let answer = try await TestBrowser.answer(of: browser.begin())
            let state = try #require(serving.issuer.requests.first?["state"])
            let name = state.prefix(8)
            for wrong in [
                "\(name).x", String(name), "\(name).", state + "x", "", "é", String(repeating: "x", count: 300),
            ] {
                let escaped = wrong == "é" ? "%C3%A9" : wrong
                let changed = "/login/callback?code=code-1&state=\(escaped)"
                let page = try await browser.get(changed)
                #expect(page.status == 400, "\(wrong)")
            }
            #expect(try await browser.get("/login/callback").contains("does not belong to a login of this browser"))
            #expect(try await browser.get(answer + "&code=2").status == 400)
            #expect(try await browser.get(answer + "&state=\(state)").status == 400)
            #expect(serving.issuer.asked("token") == 0)
        }
    }

    @Test func anAnswerThatComesTwice() async throws {
        try await LoginServing.serve { serving async throws in
            let browser = serving.browser
            let answer = try await TestBrowser.answer(of: browser.begin())
            #expect(try await browser.get(answer).status == 303)
            #expect(try await browser.get(answer).contains("did not keep this login"))
            #expect(serving.issuer.asked("token") == 1)
        }
    }

    @Test func aLoginThatTookTooLong() async throws {
        try await LoginServing.serve { serving async throws in
            let browser = serving.browser
            let answer = try await TestBrowser.answer(of: browser.begin())
            serving.clock.advance(by: .seconds(600))
            let page = try await browser.get(answer)
            #expect(page.status == 400 && page.contains("The login took too long: try again."))
            #expect(serving.issuer.asked("token") == 0)
        }
    }
}
