import HTTPTesting
import Perch
import PerchConsole
import PerchOperating
import PerchTesting
import Postgres
import Testing

/// A database of one service is away: its own page says so, and all others stay.
@Suite struct AwayDatabaseTests {
    @Test func onlyWhatItKnowsIsUnknown() async throws {
        let away = try PostgresConfiguration(url: "postgresql://billing:secret@127.0.0.1:1/billing")
        try await withConsole {
            $0.connections.databases["billing"] = away
        } _: { console in
            let cookie = try await console.client.login()
            let pause = try #require(try await console.client.get("/pause/shipping", cookie: cookie).forms.first)
            #expect(try await console.client.send(pause, cookie: cookie).status == 303)

            let audit = try await console.client.get("/audit", cookie: cookie)
            #expect(audit.words.contains("Postgres of billing does not tell") && audit.words.contains("ann@here"))
            // A file that lacks records would be taken for whole.
            #expect(try await console.client.get("/audit.csv", cookie: cookie).status == 503)
            #expect(
                try await console.client.get("/schedules", cookie: cookie).words
                    .contains("Postgres of billing does not tell")
            )
            let own = try await console.client.get("/groups/billing", cookie: cookie)
            #expect(own.status == 200 && own.words.contains("State unknown"))
            try await eventually("a look shows the pause") {
                try await console.client.get("/groups/shipping", cookie: cookie).words.contains("State paused")
            }
            let refused = try await console.client.get("/pause/billing", cookie: cookie)
            #expect(refused.status == 503 && refused.words.contains("Start it, or correct BILLING_DATABASE_URL."))
            for path in ["/settings", "/audit", "/groups/billing", "/pause/billing"] {
                #expect(try await !console.client.get(path, cookie: cookie).body.contains("secret"), "\(path)")
            }
        }
    }
}
