import HTTPTesting
import PerchConsole
import PerchTesting
import Testing

@Suite struct StandaloneLoginTests {
    @Test func theTokenBecomesACookieAndLeavesTheAddress() async throws {
        try await withConsole { console in
            let answer = try await console.client.send("GET /groups?token=\(console.client.token)")
            #expect(answer.status == 303)
            #expect(answer.header("Location") == "/groups")
            let cookie = try #require(answer.header("Set-Cookie"))
            #expect(cookie.hasPrefix("__Host-perch-\(console.client.port)="))
            for part in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] { #expect(cookie.contains(part)) }
            #expect(answer.header("Referrer-Policy") == "no-referrer")
        }
    }

    @Test func whoHasNoTokenSeesAFormAndNothingElse() async throws {
        try await withConsole { console in
            for path in ["/groups", "/groups?token=wrong", "/groups.json", "/live?of=/groups"] {
                let answer = try await console.client.send("GET \(path)")
                #expect(answer.status == 401)
                #expect(!answer.body.contains("shipping"))
            }
            #expect(try await console.client.send("GET /groups").body.contains("Log in"))
        }
    }

    @Test func theFormTakesTheToken() async throws {
        try await withConsole { console in
            let form = try #require(try await console.client.send("GET /groups").forms.first)
            let refused = try await console.client.send(form.with("login", "wrong"), cookie: "")
            #expect(refused.status == 422 && refused.said.contains("This is not the token of this start."))
            #expect(refused.header("Set-Cookie") == nil)
            let taken = try await console.client.send(form.with("login", console.client.token), cookie: "")
            #expect(taken.status == 303 && taken.header("Location") == "/groups")
            let cookie = String(taken.header("Set-Cookie")?.split(separator: ";").first ?? "")
            #expect(try await console.client.get("/groups", cookie: cookie).status == 200)
        }
    }

    @Test func anotherHostsNameIsRefused() async throws {
        try await withConsole { console in
            let cookie = try await console.client.login()
            let answer = try await console.client.send("GET /groups", ["Cookie: \(cookie)", "Host: evil.example"])
            #expect(answer.status == 421)
        }
    }

    @Test func aCookieThatWasChangedIsNone() async throws {
        try await withConsole { console in
            var cookie = Array(try await console.client.login())
            let middle = cookie.count / 2
            cookie[middle] = cookie[middle] == "A" ? "B" : "A"
            #expect(try await console.client.get("/groups", cookie: String(cookie)).status == 401)
        }
    }

    @Test func whoAsksTooOftenIsTold() async throws {
        try await withConsole({ $0.requestsPerSecond = 0.001 }) { console in
            let cookie = try await console.client.login()
            let answer = try await console.client.get("/groups", cookie: cookie)
            #expect(answer.status == 429 && answer.header("Retry-After") != nil)
        }
    }
}
