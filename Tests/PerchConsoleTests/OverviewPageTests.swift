import HTTPTesting
import Perch
import PerchConsole
import PerchOperating
import PerchTesting
import Redis
import Testing

@Suite struct OverviewPageTests {
    @Test func itTellsWhatFlowsAndWhatNeedsSomebody() async throws {
        try await withConsole { console in
            try await console.publish(7)
            let cookie = try await console.client.login()
            try await console.running("shipping", RefuseAll()) {
                // Nothing of a group that has never run is behind: it makes nothing unknown.
                try await eventually("the dead letters are named, and nothing waits") {
                    let page = try await console.client.get("/", cookie: cookie).body
                    return page.contains("shipping: 7 dead letters")
                        && page.contains("data-live=\"overview/oldest\">0<")
                }
            }
            let page = try await console.client.get("/", cookie: cookie).body
            for words in ["Published", "Taken effect", "Oldest unprocessed", "Waiting in outboxes", "Needs you"] {
                #expect(page.contains(words))
            }
            #expect(page.contains("billing has never run") && page.contains("has looked since its start"))
            #expect(page.contains("/failed?group=shipping&amp;state=dead"))
            #expect(page.contains("data-live=\"overview/dead\">7<"))
        }
    }

    @Test func itSaysTheWorstThatTheDoctorHasFound() async throws {
        try await withConsole { console in
            let cookie = try await console.client.login()
            try await eventually("the doctor has looked") {
                let page = try await console.client.get("/", cookie: cookie).body
                return page.contains("href=\"/doctor\">Doctor</a>") && !page.contains("The doctor is looking")
            }
        }
    }

    @Test func whatRedisDoesNotTellIsUnknown() async throws {
        try await withConsole { settings in
            settings.connections.redis = ConsoleSystem.nobody
        } _: { console in
            let page = try await console.client.get("/").body
            #expect(page.contains("Redis does not tell since"))
            #expect(page.contains("not known"))
        }
    }

    @Test func aContractWithoutTopicsIsExplained() async throws {
        try await withConsole { settings in
            settings.connections.contract = Contract(topics: [])
        } _: { console in
            for path in ["/", "/topics"] {
                let page = try await console.client.get(path).body
                #expect(page.contains("The contract has no topic yet"))
            }
        }
    }
}
