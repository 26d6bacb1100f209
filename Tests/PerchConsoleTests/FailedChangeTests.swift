import HTTPTesting
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Testing

@Suite struct FailedChangeTests {
    @Test(arguments: ["retry", "discard"])
    func whatFailsWhileThePageIsOpenIsNotTouched(_ action: String) async throws {
        try await withConsole { console in
            try await console.fail(1...15)
            try await console.fail(16...20, .held, error: "", key: "order-1")
            let cookie = try await console.client.login()
            let asked = try await console.client.get("/failed/\(action)?state=dead", cookie: cookie)
            #expect(asked.said.contains("15 dead letters"))
            try await console.fail(101...200)
            let sent = try await console.client.post(
                "/failed/\(action)",
                asked.hiddenFields(ofFormTo: "/failed/\(action)") + [("reason", "test data"), ("number", "15")],
                cookie: cookie
            )
            let page = try await console.ended(sent).said
            #expect(
                page.contains(action == "retry" ? "15 events due now." : "15 events discarded; what they held goes on.")
            )
            let left = try await console.failed().counts()
            #expect(left[.dead] == 100 && left[.held] == 5 && (left[.failed] ?? 0) == (action == "retry" ? 15 : 0))
        }
    }

    @Test func ageIsCountedFromWhenThePageWasMade() async throws {
        try await withConsole { console in
            try await console.fail(1...3)
            let cookie = try await console.client.login()
            let asked = try await console.client.get("/failed/retry?older=0s", cookie: cookie)
            try await console.fail(4...9)
            let sent = try await console.client.post(
                "/failed/retry",
                asked.hiddenFields(ofFormTo: "/failed/retry"),
                cookie: cookie
            )
            #expect(try await console.ended(sent).said.contains("3 events due now."))
        }
    }

    @Test func aSecondClickAndAFormSentAgainShowTheSameOperation() async throws {
        try await withConsole { console in
            try await console.fail(1...3)
            let cookie = try await console.client.login()
            let asked = try await console.client.get("/failed/discard", cookie: cookie)
            let fields =
                asked.hiddenFields(ofFormTo: "/failed/discard") + [("reason", "published by mistake"), ("number", "3")]
            async let first = console.client.post("/failed/discard", fields, cookie: cookie)
            async let second = console.client.post("/failed/discard", fields, cookie: cookie)
            let answers = try await [first, second]
            #expect(answers.map(\.status) == [303, 303])
            let operation = try #require(asked.field("form"))
            #expect(answers.allSatisfy { $0.header("Location") == "/operations/\(operation)" })
            #expect(try await console.ended(answers[0]).said.contains("3 events discarded"))
            let again = try await console.client.post("/failed/discard", fields, cookie: cookie)
            #expect(again.header("Location") == "/operations/\(operation)")
            #expect(try await console.records(of: operation) == 3)
            #expect(try await console.client.get("/operations").said.contains("Discard 3 events done"))
        }
    }

    @Test(arguments: ["retry", "discard"])
    func twoOperatorsAtOnceHaveOneEffect(_ action: String) async throws {
        try await withConsole { console in
            try await console.fail(1...40)
            let cookies = try await [console.client.login(), console.client.login()]
            var forms: [[(String, String)]] = []
            for cookie in cookies {
                let asked = try await console.client.get("/failed/\(action)", cookie: cookie)
                forms.append(
                    asked.hiddenFields(ofFormTo: "/failed/\(action)") + [("reason", "both"), ("number", "40")]
                )
            }
            async let ann = console.client.post("/failed/\(action)", forms[0], cookie: cookies[0])
            async let ben = console.client.post("/failed/\(action)", forms[1], cookie: cookies[1])
            // Whoever comes when all is done is told so.
            for answer in try await [ann, ben] where answer.status != 409 { _ = try await console.ended(answer) }
            let touched = try await console.count(
                """
                SELECT coalesce(sum(CASE action WHEN 'retry_failed' THEN (details->>'count')::int ELSE 1 END), 0)::bigint AS n
                FROM perch.operations
                """
            )
            #expect(touched == 40)
        }
    }

    @Test func aBulkIsStoppedInTheMiddleAndTheSameFilterGoesOn() async throws {
        try await withConsole { console in
            let ids = try await console.fail(1...2500)
            let cookie = try await console.client.login()
            let path = "/failed/retry?state=dead&type=order_counted"
            let asked = try await console.client.get(path, cookie: cookie)
            // Somebody holds a row of the second thousand, so that the operation waits there.
            var begun = asked
            try await console.holding(ids[1500]) {
                begun = try await console.client.post(
                    "/failed/retry",
                    asked.hiddenFields(ofFormTo: "/failed/retry"),
                    cookie: cookie
                )
                let operation = try #require(begun.header("Location"))
                try await eventually("the first thousand is done") {
                    try await console.client.get(operation).said.contains("1,000 of 2,500 events")
                }
                let running = try await console.client.get(operation, cookie: cookie)
                #expect(running.said.contains("running") && running.said.contains("Stop after the 1,000 at hand"))
                let stop = try await console.client.post(
                    "\(operation)/stop",
                    running.hiddenFields(ofFormTo: "\(operation)/stop"),
                    cookie: cookie
                )
                #expect(stop.status == 303)
                #expect(try await console.client.get(operation).said.contains("It is being stopped."))
            }
            let ended = try await console.ended(begun)
            #expect(ended.said.contains("Stopped: 2,000 of 2,500 are retried and stay so; the same filter goes on."))
            #expect(try await console.due() == 2000)

            let rest = try #require(ended.links(to: "/failed/retry").first)
            let askedAgain = try await console.client.get(rest, cookie: cookie)
            #expect(askedAgain.said.contains("Retry 500 dead letters of shipping?"))
            let sentAgain = try await console.client.post(
                "/failed/retry",
                askedAgain.hiddenFields(ofFormTo: "/failed/retry"),
                cookie: cookie
            )
            #expect(try await console.ended(sentAgain).said.contains("500 events due now."))
            #expect(try await console.due() == 2500)
        }
    }

    @Test func onlyWhatIsTickedIsMeantAndNothingTickedIsNotEverything() async throws {
        try await withConsole { console in
            let ids = try await console.fail(1...5)
            let path = "/failed/retry?ticked=yes&id=shipping%2F\(ids[1])&id=shipping%2F\(ids[3])"
            #expect(try await console.client.get(path).said.contains("Retry 2 dead letters of shipping?"))
            for action in ["retry", "discard"] {
                let nothing = try await console.client.get("/failed/\(action)?ticked=yes")
                #expect(nothing.status == 422 && nothing.said.contains("Nothing was ticked"))
            }
        }
    }

    @Test func aDiscardNeedsAReasonAndTheNumber() async throws {
        try await withConsole { console in
            try await console.fail(1...3)
            let cookie = try await console.client.login()
            let asked = try await console.client.get("/failed/discard", cookie: cookie)
            let fields = asked.hiddenFields(ofFormTo: "/failed/discard")
            for (reason, number) in [("", "3"), ("  ", "3"), ("why", ""), ("why", "2"), ("why", "three")] {
                let answer = try await console.client.post(
                    "/failed/discard",
                    fields + [("reason", reason), ("number", number)],
                    cookie: cookie
                )
                #expect(answer.status == 422)
                // The same form again, for the same operation.
                #expect(answer.field("form") == asked.field("form"))
            }
            #expect(try await console.failed().count() == 3)
        }
    }

    @Test func whereMoreWouldBeTouchedThanWasConfirmedNothingIsDone() async throws {
        try await withConsole { console in
            let ids = try await console.fail(1...3)
            try await console.fail(4...5, .failed)
            let cookie = try await console.client.login()
            let asked = try await console.client.get("/failed/discard?state=failed", cookie: cookie)
            // Another operator makes failed events of dead letters, which lay there all the time.
            _ = try await console.failed().retry(filter: .init(), by: "ben")
            let answer = try await console.client.post(
                "/failed/discard",
                asked.hiddenFields(ofFormTo: "/failed/discard") + [("reason", "late"), ("number", "2")],
                cookie: cookie
            )
            #expect(answer.status == 409)
            #expect(answer.said.contains("It is another by now.") && answer.said.contains("Discard 5 failed events"))
            #expect(try await console.failed().count() == 5 && ids.count == 3)
        }
    }

    @Test func aFormWithoutItsTokenDoesNothing() async throws {
        try await withConsole { console in
            try await console.fail(1...2)
            let cookie = try await console.client.login()
            for action in ["retry", "discard"] {
                let asked = try await console.client.get("/failed/\(action)", cookie: cookie)
                let fields = asked.hiddenFields(ofFormTo: "/failed/\(action)").filter { $0.0 != "token" }
                let all = fields + [("reason", "why"), ("number", "2")]
                #expect(try await console.client.post("/failed/\(action)", all, cookie: cookie).status == 403)
                let other = fields + [("token", try #require(asked.field("token")))]
                let another = try await console.client.login()
                #expect(try await console.client.post("/failed/\(action)", other, cookie: another).status == 403)
            }
            #expect(try await console.due() == 0)
            #expect(try await console.failed().count() == 2)
        }
    }
}
