import PerchOperating
import PerchTesting
import Testing

@Suite struct SessionPageTests {
    @Test func itSaysWhoIsThereAndWhatTheyMay() async throws {
        try await withConsole { console in
            let page = try await console.client.get("/session")
            #expect(page.words.contains("ann@here") && page.words.contains("admin"))
            #expect(page.words.contains("pause groups") && page.words.contains("UTC"))
        }
    }

    @Test func aZoneThatWasChosenIsThatOfAllTimes() async throws {
        try await withConsole { console in
            let cookie = try await console.client.login()
            let form = try #require(try await console.client.get("/session", cookie: cookie).forms.first)
            let chosen = form.with("zone", "other").with("other", "Asia/Kolkata")
            let answer = try await console.client.send(chosen, cookie: cookie)
            #expect(answer.status == 303 && answer.header("Location") == "/session")
            #expect(answer.text.contains("tz=Asia/Kolkata; Path=/") && answer.text.contains("tz-by=choice; Path=/"))
            let kept = "\(cookie); tz=Asia/Kolkata; tz-by=choice"
            #expect(try await console.client.get("/session", cookie: kept).words.contains("GMT+5:30"))
            let wrong = form.with("zone", "other").with("other", "Mars/<b>Olympus")
            let refused = try await console.client.send(wrong, cookie: cookie)
            #expect(refused.status == 422 && refused.words.contains("names no zone"))
            #expect(!refused.body.contains("<b>Olympus") && refused.header("Set-Cookie") == nil)
            let local = try await console.client.send(form.with("zone", "local"), cookie: kept)
            #expect(local.text.contains("tz-by=; Path=/; Max-Age=0"))
        }
    }

    @Test func settingsShowNoSecret() async throws {
        try await withConsole { console in
            let page = try await console.client.get("/settings")
            #expect(page.words.contains("127.0.0.1") && page.words.contains("orders"))
            #expect(!page.body.contains(console.client.token))
            if let password = console.connections.databases["shop"].flatMap({ _ in
                console.system.databaseURL.split(separator: "@").first?.split(separator: ":").dropFirst(2).first
            }) {
                #expect(!page.body.contains(password))
            }
        }
    }
}
