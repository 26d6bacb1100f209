import HTTPTesting
import PerchTesting
import Postgres
import Testing

@Suite struct PausePagesTests {
    @Test func whatIsConfirmedIsPausedOnceHoweverOftenTheFormIsSent() async throws {
        try await withConsole { console in
            let cookie = try await console.client.login()
            let page = try await console.client.get("/pause/shipping", cookie: cookie)
            #expect(page.status == 200 && page.words.contains("Pause 4 partitions of shipping?"))
            #expect(page.words.contains("Pause shipping in test"))
            #expect(try await console.records("pause") == 0)
            let form = try #require(page.forms.first)
            async let first = console.client.send(form, cookie: cookie)
            async let second = console.client.send(form, cookie: cookie)
            let answers = try await [first, second]
            #expect(answers.map(\.status) == [303, 303])
            #expect(answers[0].header("Location") == answers[1].header("Location"))
            #expect(try await console.records("pause") == 1)
            let next = try #require(answers[0].header("Location"))
            #expect(
                try await console.client.get(next, cookie: cookie).words.contains(
                    "4 partitions of shipping are paused."
                )
            )
            // Of a form that nobody has sent no page says anything.
            #expect(try await console.client.get("/workers?done=none", cookie: cookie).status == 200)
            // Another session has not done it.
            #expect(try await !console.client.get(next).words.contains("4 partitions of shipping are paused."))
            #expect(try await console.client.get("/pause/shipping", cookie: cookie).words.contains("paused already"))
        }
    }

    @Test func ofTwoWhoConfirmTheSameTheSecondIsToldThatItHasChanged() async throws {
        try await withConsole { console in
            let (ann, ben) = (try await console.client.login(), try await console.client.login())
            let hers = try #require(
                try await console.client.get("/pause/shipping?topic=orders", cookie: ann).forms.first
            )
            let his = try #require(
                try await console.client.get("/pause/shipping?topic=orders", cookie: ben).forms.first
            )
            #expect(try await console.client.send(hers, cookie: ann).status == 303)
            let answer = try await console.client.send(his, cookie: ben)
            #expect(answer.status == 409 && answer.words.contains("It has changed since you looked"))
            #expect(try await console.records("pause") == 1)

            let resume = try #require(try await console.client.get("/resume/shipping", cookie: ann).forms.first)
            #expect(try await console.client.send(resume, cookie: ann).status == 303)
            #expect(try await console.records("resume") == 1)
        }
    }

    /// As many partitions are paused as before, and others; or the same, by another pause.
    @Test func whatIsConfirmedIsThePausesThatWereSeenAndNotTheirNumber() async throws {
        try await withConsole { console in
            let cookie = try await console.client.login()
            let pause = try #require(try await console.client.get("/pause/shipping", cookie: cookie).forms.first)
            #expect(try await console.client.send(pause, cookie: cookie).status == 303)
            func swap(_ from: Int32, _ to: Int32) async throws {
                _ = try await console.database.execute(
                    """
                    UPDATE perch.leases SET paused_at = CASE WHEN partition = \(to) THEN clock_timestamp() END
                    WHERE group_name = 'shipping' AND partition IN (\(from), \(to))
                    """
                )
            }
            _ = try await console.database.execute(
                "UPDATE perch.leases SET paused_at = NULL WHERE group_name = 'shipping' AND partition > 0"
            )
            for verb in ["pause", "resume"] {
                let seen = try #require(try await console.client.get("/\(verb)/shipping", cookie: cookie).forms.first)
                try await swap(0, 1)
                let answer = try await console.client.send(seen, cookie: cookie)
                #expect(answer.status == 409 && answer.words.contains("It has changed since you looked"), "\(verb)")
                try await swap(1, 0)
                let again = try await console.client.send(seen, cookie: cookie)
                #expect(again.status == 409, "\(verb): the same partition, and another pause")
            }
            #expect(try await console.records("pause") == 1)
            #expect(try await console.records("resume") == 0)
            let now = try #require(try await console.client.get("/resume/shipping", cookie: cookie).forms.first)
            #expect(try await console.client.send(now.without("seen"), cookie: cookie).status == 400)
            #expect(try await console.client.send(now, cookie: cookie).status == 303)
        }
    }

    @Test func aFormThatIsNotOursDoesNothing() async throws {
        try await withConsole { console in
            let (ann, ben) = (try await console.client.login(), try await console.client.login())
            let form = try #require(try await console.client.get("/pause/shipping", cookie: ann).forms.first)
            #expect(try await console.client.send(form, cookie: ben).status == 403)
            #expect(try await console.client.send(form.without("token"), cookie: ann).status == 403)
            #expect(try await console.client.send(form.without("form"), cookie: ann).status == 400)
            #expect(try await console.client.get("/pause/shipping?topic=order", cookie: ann).status == 404)
            #expect(try await console.records("pause") == 0)
        }
    }
}
