import HTTPTesting
import LocalServers
import PerchTesting
import Testing

@Suite struct DoctorPageTests {
    @Test func itTellsWhatIsWrongAndLeadsToThePageThatHelps() async throws {
        try await withConsole { console in
            try await console.publish(3)
            try await console.running { try await eventually("all is read") { try await console.effects() == 3 } }
            let cookie = try await console.client.login()
            let pause = try #require(try await console.client.get("/pause/shipping", cookie: cookie).forms.first)
            #expect(try await console.client.send(pause, cookie: cookie).status == 303)
            var page = try await console.client.get("/doctor", cookie: cookie)
            let look = try #require(page.forms.first)
            #expect(look.action == "/doctor/look")
            try await eventually("it has looked since the pause") {
                #expect(try await console.client.send(look, cookie: cookie).status == 303)
                page = try await console.client.get("/doctor", cookie: cookie)
                return page.words.contains("4 of 4 partitions are paused")
            }
            #expect(page.words.contains("Looked") && page.words.contains("When the reason is gone"))
            #expect(page.body.contains("href=\"/resume/shipping\""))
            #expect(page.words.contains("nobody runs it"))
            // The versions it has found are among the settings.
            let settings = try await console.client.get("/settings", cookie: cookie)
            #expect(settings.words.contains("Redis version") && settings.words.contains("shop migrations"))
        }
    }

    @Test func aServerThatIsAwayIsAFinding() async throws {
        try await withConsole { console in
            console.system.redis.stop()
            let cookie = try await console.client.login()
            try await eventually("the doctor names Redis") {
                let page = try await console.client.get("/doctor", cookie: cookie)
                if let look = page.forms.first { _ = try await console.client.send(look, cookie: cookie) }
                return page.words.contains("Start it, or correct REDIS_URL.")
            }
        }
    }
}
