import Foundation
import PageKit
import Testing

/// What the issuer says of itself, and when it says nothing.
@Suite struct IssuerDiscoveryTests {
    private func unusable(_ reason: String, _ conduct: @escaping @Sendable (inout IssuerConduct) -> Void) async throws {
        try await LoginServing.serve(conduct) { serving async throws in
            let browser = serving.browser
            let answer = try await browser.get("/login?to=/page")
            #expect(answer.status == 503 && answer.header("Refresh") == nil && answer.header("Retry-After") == "10")
            #expect(answer.contains("Login is not set up rightly here."))
            #expect(serving.log.text.contains(reason), "\(serving.log.text)")
            #expect(browser.cookieNames.isEmpty)
        }
    }

    @Test(arguments: [#""https://evil.example""#, #""http://127.0.0.1:1/""#, "null", "1"])
    func anotherIssuerIsNotOurs(_ issuer: String) async throws {
        try await unusable("names the issuer") { $0.metadata["issuer"] = issuer }
    }

    @Test(arguments: ["authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"])
    func anEndpointIsOfHTTPSOrThisMachine(_ name: String) async throws {
        for url in ["http://auth.example/x", "javascript:alert(1)", "https://user@auth.example/x", "/x", ""] {
            try await unusable("its \(name)") { $0.metadata[name] = "\"\(url)\"" }
        }
        guard name != "end_session_endpoint" else { return }
        try await unusable("its \(name)") { $0.metadata[name] = nil as String? }
    }

    @Test func anIssuerThatSignsByNothingThatIsKnown() async throws {
        try await unusable("it signs with none of") {
            $0.metadata["id_token_signing_alg_values_supported"] = #"["HS256","none"]"#
        }
    }

    @Test func aDocumentIsAskedForOnceAnHourOrWhereALoginBegins() async throws {
        try await LoginServing.serve { serving async throws in
            for _ in 0..<3 { _ = try await serving.browser.logIn() }
            #expect(serving.issuer.asked("discovery") == 1)
            serving.clock.advance(by: .seconds(30))
            _ = try await serving.browser.logIn()
            #expect(serving.issuer.asked("discovery") == 2)
        }
    }

    @Test func anIssuerThatIsAwayIsAskedLessAndLess() async throws {
        try await LoginServing.serve({ $0.isAway = true }) { serving async throws in
            let browser = serving.browser
            func ask(after seconds: Int) async throws -> Int {
                serving.clock.advance(by: .seconds(seconds))
                let page = try await browser.get("/login?to=/page")
                #expect(page.status == 503 && page.contains("The issuer does not answer."))
                return serving.issuer.asked("discovery")
            }
            var asked = [try await ask(after: 0)]
            for seconds in [0, 1, 1, 1, 2, 2, 4, 8, 16, 32, 59, 1, 59, 1] {
                asked.append(try await ask(after: seconds))
            }
            #expect(asked == [1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 7, 8, 8, 9])
            serving.issuer.conduct.isAway = false
            serving.clock.advance(by: .seconds(60))
            #expect(try await browser.logIn().status == 303)
            // Once for each time that it is away.
            #expect(serving.log.text.components(separatedBy: "warning the issuer cannot be used").count == 2)
            #expect(serving.log.text.contains("the issuer answers again"))
        }
    }

    @Test func keysThatCannotBeFetchedAreNoVerdict() async throws {
        try await LoginServing.serve { serving async throws in
            let browser = serving.browser
            let answer = try await TestBrowser.answer(of: browser.begin())
            serving.issuer.conduct.isAway = true
            let page = try await browser.get(answer)
            #expect(page.status == 503 && page.contains("The issuer does not answer."))
        }
    }
}
