import HTTPTesting
import PerchConsole
import PerchTesting
import Postgres
import Testing

/// The program is killed while it changes much.
@Suite struct ConsoleKilledTests {
    @Test func aConsoleKilledInABulkOfTenThousandLosesNothingAndTheSameFilterGoesOn() async throws {
        try await withConsole { console in
            let ids = try await console.fail(1...10_000)
            let killed = try await ConsoleProcess.started(console)
            let cookie = try await killed.client.login()
            let asked = try await killed.client.get("/failed/retry?state=dead", cookie: cookie)
            try await console.holding(ids[4_500]) {
                let begun = try await killed.client.post(
                    "/failed/retry",
                    asked.hiddenFields(ofFormTo: "/failed/retry"),
                    cookie: cookie
                )
                let operation = try #require(begun.header("Location"))
                try await eventually("it is in the middle") {
                    try await killed.client.get(operation, cookie: cookie).said.contains("4,000 of 10,000 events")
                }
                killed.kill()
            }
            try await eventually("what it had at hand is rolled back") {
                try await console.count(
                    "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'perch-console' AND datname = current_database() AND state <> 'idle'"
                ) == 0
            }
            #expect(try await console.states() == ["dead": 6_000, "failed": 4_000], "none is lost, none is half done")

            // Another console, the same filter.
            let again = try await console.client.login()
            let rest = try await console.client.get("/failed/retry?state=dead", cookie: again)
            let ended = try await console.ended(
                console.client.post("/failed/retry", rest.hiddenFields(ofFormTo: "/failed/retry"), cookie: again)
            )
            #expect(ended.said.contains("6,000 events due now."), "\(ended.said)")
            #expect(try await console.states() == ["failed": 10_000])
        }
    }
}

extension ConsoleSystem {
    /// How many failed events there are in each state.
    fileprivate func states() async throws -> [String: Int] {
        let rows = try await database.query(
            "SELECT state, count(*) AS n FROM perch.failed_events GROUP BY state"
        ) { (try $0.decode("state", as: String.self), try $0.decode("n", as: Int.self)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }
}
