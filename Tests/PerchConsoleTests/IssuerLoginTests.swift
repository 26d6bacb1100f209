import HTTPTesting
import PerchConsole
import PerchTesting
import Testing

@Suite struct IssuerLoginTests {
    private static let host = "Host: console.example.com"

    private static func atAnIssuer(_ settings: inout ConsoleSettings) {
        settings.issuer = ConsoleIssuer(
            issuer: "https://login.example.com",
            clientID: "perch",
            publicURL: "https://console.example.com"
        )
    }

    @Test func whoIsNotLoggedInIsLedToTheLoginAndBack() async throws {
        try await withConsole(Self.atAnIssuer) { console in
            for (path, back) in [("/", "%2F"), ("/groups?state=running", "%2Fgroups%3Fstate%3Drunning")] {
                let answer = try await console.client.send("GET \(path)", [Self.host])
                #expect(answer.status == 303 && answer.header("Location") == "/login?to=\(back)")
            }
        }
    }

    @Test func scriptsAndFormsAreToldInsteadOfLed() async throws {
        try await withConsole(Self.atAnIssuer) { console in
            let script = try await console.client.send("GET /groups.json", [Self.host, "Sec-Fetch-Mode: cors"])
            #expect(script.status == 401)
            let form = try await console.client.send(
                "POST /pause/shipping",
                [Self.host, "Sec-Fetch-Site: same-origin", "Content-Type: application/x-www-form-urlencoded"],
                body: "token=none"
            )
            #expect(form.status == 401)
        }
    }

    @Test func onlyItsOwnNameIsAnswered() async throws {
        try await withConsole(Self.atAnIssuer) { console in
            let answer = try await console.client.send("GET /")
            #expect(answer.status == 421)
        }
    }
}
