import HTTPTesting
import Perch
import PerchTesting
import Postgres
import Testing

@Suite struct ReplayPagesTests {
    /// A system whose group shipping has read 12 events.
    private func withReadEvents(_ body: @escaping @Sendable (ConsoleSystem, _ cookie: String) async throws -> Void)
        async throws
    {
        try await withConsole { console in
            try await console.publish(12)
            try await console.running { try await eventually("all is read") { try await console.effects() == 12 } }
            try await body(console, try await console.client.login())
        }
    }

    @Test func theWizardLeadsFromWhatToFromWhereToThePlan() async throws {
        try await withReadEvents { console, cookie in
            let what = try await console.client.get("/replay/shipping/orders", cookie: cookie)
            #expect(what.words.contains("Everything from a place on") && what.forms.isEmpty)
            let places = try await console.client.get("/replay/shipping/orders?what=from", cookie: cookie)
            #expect(places.status == 200 && places.words.contains("See what it would do") && places.forms.isEmpty)
            let wrong = try await console.client.get("/replay/shipping/orders?what=from&from=yesterday", cookie: cookie)
            #expect(wrong.status == 422 && wrong.words.contains("Expected beginning, an entry id"))
            let plan = try await console.client.get("/replay/shipping/orders?what=from&from=beginning", cookie: cookie)
            #expect(plan.words.contains("Let shipping read 12 events of orders again, from the beginning on?"))
            #expect(plan.words.contains("perch replay shipping orders --from beginning"))
            #expect(plan.words.contains("Read 12 events again in test"))
            #expect(try await console.records("replay") == 0)
            let none = try await console.client.get("/replay/shipping/orders?what=key&key=%3Cb%3E", cookie: cookie)
            #expect(none.words.contains("Nothing to do") && !none.body.contains("<b>"))
        }
    }

    @Test func whatWasShownIsReadAgainOnce() async throws {
        try await withReadEvents { console, cookie in
            let page = try await console.client.get(
                "/replay/shipping/orders?what=from&from=beginning",
                cookie: cookie
            )
            let form = try #require(page.forms.first)
            async let first = console.client.send(form, cookie: cookie)
            async let second = console.client.send(form, cookie: cookie)
            let answers = try await [first, second]
            #expect(answers.map(\.status) == [303, 303])
            #expect(try await console.effects() == 0)
            #expect(try await console.records("replay") == 1)
            let next = try await console.client.get(try #require(answers[0].header("Location")), cookie: cookie)
            #expect(next.words.contains("shipping reads 12 events of orders again."))
        }
    }

    @Test func aPlanThatNoLongerHoldsIsRefusedAndShownAnew() async throws {
        try await withReadEvents { console, cookie in
            let path = "/replay/shipping/orders?what=from&from=beginning"
            let other = try await console.client.login()
            let mine = try #require(try await console.client.get(path, cookie: cookie).forms.first)
            let theirs = try #require(try await console.client.get(path, cookie: other).forms.first)
            #expect(try await console.client.send(theirs, cookie: other).status == 303)
            // By now the group has come to the same place again: the plan alone would not tell.
            try await console.running { try await eventually("all is read") { try await console.effects() == 12 } }
            let answer = try await console.client.send(mine, cookie: cookie)
            #expect(answer.status == 409 && answer.words.contains("It has changed since you looked"))
            #expect(answer.words.contains("Read 12 events again in test"))
            #expect(try await console.effects() == 12)
            #expect(try await console.records("replay") == 1)
            // What is shown anew may be confirmed.
            #expect(try await console.client.send(try #require(answer.forms.first), cookie: cookie).status == 303)
            #expect(try await console.records("replay") == 2)
        }
    }

    @Test func aFormThatWasNeverShownIsRefused() async throws {
        try await withReadEvents { console, cookie in
            let page = try await console.client.get("/replay/shipping/orders?what=from&from=beginning", cookie: cookie)
            let form = try #require(page.forms.first)
            let other = form.with("form", "0193a1b2-7c3d-7e4f-8a5b-9c6d7e8f0a1b")
            #expect(try await console.client.send(other, cookie: cookie).status == 409)
            #expect(try await console.effects() == 12)
        }
    }

    @Test func theEventsOfOneKeyAreHandledAgain() async throws {
        try await withReadEvents { console, cookie in
            let page = try await console.client.get("/replay/shipping/orders?what=key&key=order-3", cookie: cookie)
            #expect(page.words.contains("Let shipping handle 1 event of the key order-3"))
            #expect(page.words.contains("--from beginning --key order-3"))
            let answer = try await console.client.send(try #require(page.forms.first), cookie: cookie)
            #expect(answer.status == 303)
            #expect(try await console.number("SELECT count(*) AS n FROM perch.failed_events") == 1)
            #expect(try await console.effects() == 12)
        }
    }

    @Test func ownersStartAgainAtTheirCheckpoints() async throws {
        try await withReadEvents { console, cookie in
            let path = "/replay/shipping/orders?what=restart"
            let page = try await console.client.get(path, cookie: cookie)
            #expect(page.words.contains("Restart 4 partitions of shipping in test"))
            let again = try #require(try await console.client.get(path, cookie: cookie).forms.first)
            let answer = try await console.client.send(try #require(page.forms.first), cookie: cookie)
            #expect(answer.status == 303)
            #expect(try await console.effects() == 12)
            #expect(try await console.client.send(again, cookie: cookie).status == 409)
            #expect(try await console.records("replay pending") == 1)
        }
    }

    @Test func aRefusalSaysWhyAndWhatHelps() async throws {
        try await withConsole { console in
            let answer = try await console.client.get("/replay/billing/orders?what=from&from=beginning")
            #expect(answer.status == 409 && answer.words.contains("no worker of it has ever started"))
            #expect(answer.words.contains("Start its workers once"))
        }
    }
}
