import HTTPTesting
import PerchTesting
import Postgres
import Testing

@Suite struct SchedulesPageTests {
    @Test func aScheduleIsShownRunPausedAndResumed() async throws {
        try await withConsole { console in
            let cookie = try await console.client.login()
            #expect(
                try await console.client.get("/schedules", cookie: cookie).words.contains("No service has declared")
            )
            _ = try await console.database.execute(
                """
                INSERT INTO perch.schedules (service, name, recurrence, time_zone, missed, next_tick, last_error, failures)
                VALUES ('shop', 'pay day <b>', '5 0 1 1 *', 'Europe/Berlin', 'latest', now() + interval '2 hours', 'no <i>', 0)
                """
            )
            let page = try await console.client.get("/schedules", cookie: cookie)
            #expect(page.words.contains("shop/pay day <b>") && !page.body.contains("<b>") && !page.body.contains("<i>"))
            #expect(page.body.contains("href=\"/schedules/shop/pay%20day%20%3Cb%3E/run\""))
            #expect(!page.body.contains("%3Cb%3E/resume"))
            for (verb, action) in [("run", "run schedule"), ("pause", "pause schedule"), ("resume", "resume schedule")]
            {
                let path = "/schedules/shop/pay%20day%20%3Cb%3E/\(verb)"
                let form = try #require(try await console.client.get(path, cookie: cookie).forms.first)
                let other = try #require(try await console.client.get(path, cookie: cookie).forms.first)
                #expect(try await console.client.send(form, cookie: cookie).status == 303, "\(verb)")
                #expect(try await console.client.send(form, cookie: cookie).status == 303, "\(verb)")
                #expect(try await console.client.send(other, cookie: cookie).status == 409, "\(verb)")
                #expect(try await console.records(action) == 1, "\(verb)")
            }
        }
    }
}
