import HTTPTypes
import PageKit
import Testing

extension LoginServing {
    /// A login that fails, with what the page and the log say of it.
    static func refused(
        _ code: LoginError.Code,
        _ reason: String,
        _ conduct: @escaping @Sendable (inout IssuerConduct) -> Void
    ) async throws {
        try await serve(conduct) { serving async throws in
            let browser = serving.browser
            let answer = try await browser.logIn()
            let error = LoginError(code, reason)
            #expect(answer.status == error.status.code)
            #expect(answer.contains("You are not logged in"))
            #expect(answer.contains(error.sentence.replacing("'", with: "&#39;")), "\(answer)")
            #expect(answer.contains("Try again") && answer.contains("/login?to=%2Fpage"))
            #expect(answer.header("Referrer-Policy") == "no-referrer")
            #expect(serving.log.text.contains(code.rawValue))
            #expect(serving.log.text.contains(reason), "\(serving.log.text)")
            for secret in ["code-1", TestIssuer.secret, "eyJ", "secret words"] {
                #expect(!serving.log.text.contains(secret))
            }
            #expect(browser.cookieNames.isEmpty)
            #expect(try await browser.get("/page").status == 303)
        }
    }

    /// A login that does not fail.
    static func taken(_ conduct: @escaping @Sendable (inout IssuerConduct) -> Void) async throws {
        try await serve(conduct) { serving async throws in
            let answer = try await serving.browser.logIn()
            #expect(answer.status == 303)
        }
    }
}
