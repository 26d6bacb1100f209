import HTTPTesting
import PerchConsole
import PerchOperating
import PerchTesting
import Postgres
import Redis
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

    @Test func noPageShowsAPassword() async throws {
        let redis = try RedisConfiguration(url: "redis://perch:open-sesame-1@127.0.0.1:1")
        let database = try PostgresConfiguration(url: "postgres://ann:open-sesame-2@127.0.0.1:1/orders")
        try await withConsole {
            $0.connections.redis = redis
            $0.connections.databases["billing"] = database
        } _: { console in
            let cookie = try await console.client.login()
            let settings = try await console.client.get("/settings", cookie: cookie)
            // The addresses are there: what is missing is the password.
            #expect(settings.words.contains("127.0.0.1:1") && settings.words.contains("orders"))
            let others = ["/", "/doctor", "/failed", "/groups", "/session", "/schedules", "/topics"]
            for path in ["/settings"] + others {
                let page = try await console.client.get(path, cookie: cookie)
                #expect(page.status == 200, "\(path)")
                #expect(!page.text.contains("open-sesame") && !page.text.contains(console.client.token), "\(path)")
            }
        }
    }
}
