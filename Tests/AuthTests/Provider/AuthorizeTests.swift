import Foundation
import HTTPKit
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import StrictJSON
import Testing

@testable import Auth

/// What a client asks auth for by a person's browser.
@Suite("asking who is there") struct AuthorizeTests {
    @Test func whoLogsInGoesBackWithACodeTheStateAndTheIssuer() async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            let page = try await browser.get(ProviderFixture.request())
            #expect(page.status == 200)
            #expect(page.said.contains("to go on to Tickets"))
            let answer = try await browser.submit(page)
            #expect(answer.status == 303)
            #expect(answer.header("Location")?.hasPrefix("\(ProviderFixture.callback)?code=") == true)
            #expect(answer.field(ofLocation: "state") == "a.state")
            #expect(answer.field(ofLocation: "iss") == "http://127.0.0.1:8081")
            #expect(answer.header("Referrer-Policy") == "no-referrer")
        }
    }

    @Test func whoIsLoggedInGoesBackUnseenAlsoToAnotherProgram() async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            _ = try await browser.logIn()
            let other = ["client_id": "accounting", "redirect_uri": "http://127.0.0.1:8083/login/callback"]
            for request in [ProviderFixture.request(), ProviderFixture.request(other)] {
                let again = try await browser.get(request)
                #expect(again.status == 303)
                #expect(again.field(ofLocation: "code") != nil)
            }
            #expect(try await provider.count("SELECT count(*) FROM auth.sso_sessions") == 1)
            #expect(try await provider.count("SELECT count(*) FROM auth.sso_clients") == 2)
        }
    }

    @Test(arguments: [
        ["client_id": "nobody"], ["client_id": nil], ["redirect_uri": nil],
        ["redirect_uri": "http://127.0.0.2:8082/login/callback"],
        ["redirect_uri": "http://127.0.0.1:8083/login/callback"],
        ["redirect_uri": "http://127.0.0.1:8082/login/callback/"],
        ["redirect_uri": "http://127.0.0.1:8082/login/callback?x=1"],
        ["redirect_uri": "http://127.0.0.1:8082/login/../login/callback"],
        ["redirect_uri": "http://127.0.0.1:8082/login/%63allback"],
        ["redirect_uri": "http://127.0.0.1:8082@evil.example/login/callback"],
        ["redirect_uri": "http://ann@127.0.0.1:8082/login/callback"],
        ["redirect_uri": "http://127.0.0.1:8082/login/callback#x"],
        ["redirect_uri": "HTTP://127.0.0.1:8082/login/callback"],
        ["redirect_uri": "javascript:alert(1)"],
    ]) func anotherAddressIsAPageAndLeadsNowhere(_ fields: [String: String?]) async throws {
        try await ProviderFixture.serve { provider in
            let answer = try await provider.browser.get(ProviderFixture.request(fields))
            #expect(answer.status == 400)
            #expect(answer.header("Location") == nil && answer.header("Refresh") == nil)
            #expect(answer.header("Content-Type") == "text/html; charset=utf-8")
            #expect(!answer.body.contains("evil.example"))
        }
    }

    private static let refused: [([String: String?], String)] = [
        (["code_challenge": nil], "invalid_request"),
        (["code_challenge_method": "plain"], "invalid_request"),
        (["code_challenge_method": nil], "invalid_request"),
        (["code_challenge": "short"], "invalid_request"),
        (["response_type": nil], "invalid_request"),
        (["response_type": "token"], "unsupported_response_type"),
        (["response_type": "code id_token"], "unsupported_response_type"),
        (["response_mode": "fragment"], "invalid_request"),
        (["scope": nil], "invalid_scope"),
        (["scope": "profile"], "invalid_scope"),
        (["prompt": "none login"], "invalid_request"),
        (["prompt": "consent"], "invalid_request"),
        (["max_age": "x"], "invalid_request"),
        (["max_age": "-1"], "invalid_request"),
        (["nonce": "\u{0}"], "invalid_request"),
        (["request": "x"], "request_not_supported"),
        (["request_uri": "https://x.org"], "request_uri_not_supported"),
        (["prompt": "none"], "login_required"),
    ]

    @Test(arguments: refused) func theClientLearnsWhatIsWrongWithItsRequest(
        _ fields: [String: String?],
        _ error: String
    ) async throws {
        try await ProviderFixture.serve { provider in
            let answer = try await provider.browser.get(ProviderFixture.request(fields))
            #expect(answer.status == 303)
            #expect(answer.header("Location")?.hasPrefix("\(ProviderFixture.callback)?error=") == true)
            #expect(answer.field(ofLocation: "error") == error)
            #expect(answer.field(ofLocation: "state") == "a.state")
            #expect(answer.field(ofLocation: "iss") == "http://127.0.0.1:8081")
        }
    }

    @Test func aFieldThatIsThereTwiceIsRefused() async throws {
        try await ProviderFixture.serve { provider in
            let twice = try await provider.browser.get(ProviderFixture.request() + "&nonce=other")
            #expect(twice.field(ofLocation: "error") == "invalid_request")
            for field in ["client_id=accounting", "redirect_uri=http%3A%2F%2Fevil.example"] {
                let page = try await provider.browser.get(ProviderFixture.request() + "&\(field)")
                #expect(page.status == 400)
                #expect(page.header("Location") == nil)
            }
        }
    }

    @Test func whoMustLogInAgainIsAskedThoughLoggedIn() async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            _ = try await browser.logIn()
            provider.auth.clock.advance(by: .seconds(100))
            #expect(try await browser.get(ProviderFixture.request(["max_age": "100"])).status == 303)
            for fields in [["prompt": "login"], ["max_age": "99"], ["max_age": "0"]] {
                #expect(try await browser.get(ProviderFixture.request(fields)).status == 200, "\(fields)")
            }
            let silent = try await browser.get(ProviderFixture.request(["max_age": "99", "prompt": "none"]))
            #expect(silent.field(ofLocation: "error") == "login_required")
        }
    }

    @Test func aLoginEndsAfterTwelveHoursOfRestAndThirtyDays() async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            _ = try await browser.logIn()
            // Used each eleven hours: 65 times are 715 of its 720.
            for _ in 0..<65 {
                provider.auth.clock.advance(by: .seconds(11 * 3600))
                let answer = try await browser.get(ProviderFixture.request(["prompt": "none"]))
                #expect(answer.field(ofLocation: "code") != nil)
            }
            provider.auth.clock.advance(by: .seconds(6 * 3600))
            let old = try await browser.get(ProviderFixture.request(["prompt": "none"]))
            #expect(old.field(ofLocation: "error") == "login_required")
            let rested = provider.browser
            _ = try await rested.logIn()
            provider.auth.clock.advance(by: .seconds(12 * 3600))
            let answer = try await rested.get(ProviderFixture.request(["prompt": "none"]))
            #expect(answer.field(ofLocation: "error") == "login_required")
        }
    }
}
