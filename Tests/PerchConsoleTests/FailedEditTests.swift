import HTTPTesting
import Perch
import PerchOperating
import PerchTesting
import Testing

@Suite struct FailedEditTests {
    @Test func aCheckSaysTheVerdictAndWhatChangesAndChangesNothing() async throws {
        try await withConsole { console in
            let id = try await console.fail(1...1, key: "order-1")[0]
            let edit = Edit(console, id, cookie: try await console.client.login())
            #expect(try await edit.open().said.contains("Only shipping gets this."))
            let wrong = try await edit.check(#"{"order":"order-1","count":-1}"#)
            #expect(wrong.status == 422 && wrong.said.contains("There is a problem"))
            // The draft is kept.
            #expect(wrong.body.contains("{&quot;order&quot;:&quot;order-1&quot;,&quot;count&quot;:-1}"))
            #expect(!wrong.said.contains("Retry shipping/\(id) with this data"))
            let other = try await edit.check(#"{"order":"order-2","count":2}"#)
            #expect(other.status == 422 && other.said.contains("the key is order-1"))
            let fine = try await edit.check(#"{"order":"order-1","count":2}"#)
            #expect(fine.status == 200 && fine.said.contains("It is as the contract says of order_counted/1."))
            #expect(fine.body.contains("-   &quot;count&quot;: 1\n+   &quot;count&quot;: 2"))
            #expect(try await console.due() == 0)
        }
    }

    @Test func whatWasCheckedIsTriedOnceHoweverOftenItIsSent() async throws {
        try await withConsole { console in
            let id = try await console.fail(1...1, key: "order-1")[0]
            let edit = Edit(console, id, cookie: try await console.client.login())
            _ = try await edit.open()
            let checked = try await edit.check("{\"order\":\"order-1\",\r\n\"count\":9007199254740993}")
            async let first = edit.send(checked)
            async let second = edit.send(checked)
            let answers = try await [first, second, edit.send(checked)]
            #expect(answers.map(\.status) == [303, 303, 303])
            #expect(Set(answers.map { $0.header("Location") }).count == 1)
            let said = try await console.ended(answers[0]).said
            #expect(said.contains("shipping/\(id) is due now, with the corrected data; the original is kept."))
            let event = try #require(try await console.failed().event(id: id))
            #expect(
                String(decoding: event.delivery.envelope.data, as: UTF8.self)
                    == "{\"order\":\"order-1\",\n\"count\":9007199254740993}"
            )
            #expect(event.originalData != nil)
            #expect(try await console.records(of: try #require(checked.field("form"))) == 1)
            let page = try await console.client.get("/failed/shipping/\(id)").said
            #expect(page.contains("Data as it was delivered") && page.contains("ann@here retry_corrected"))
        }
    }

    @Test func anEventThatHasChangedIsNotOverwrittenAndBothAreShown() async throws {
        try await withConsole { console in
            let id = try await console.fail(1...1, key: "order-1")[0]
            let edit = Edit(console, id, cookie: try await console.client.login())
            _ = try await edit.open()
            let checked = try await edit.check(#"{"order":"order-1","count":2}"#)
            try await console.failed().retry(id: id, payload: Array(#"{"order":"order-1","count":3}"#.utf8), by: "ben")
            let answer = try await edit.send(checked)
            #expect(answer.status == 409 && answer.said.contains("shipping/\(id) has changed since you began."))
            #expect(answer.said.contains("\"count\": 3") && answer.said.contains("\"count\":2"))
            #expect(try await console.records(of: try #require(checked.field("form"))) == 0)
            // Checked against what it is now, the draft can be tried.
            let again = try await edit.check(#"{"order":"order-1","count":2}"#, on: answer)
            #expect(again.status == 200)
            #expect(try await edit.send(again).status == 303)
        }
    }

    @Test func anEventThatHasGoneIsNotCorrected() async throws {
        try await withConsole { console in
            let id = try await console.fail(1...1, key: "order-1")[0]
            let edit = Edit(console, id, cookie: try await console.client.login())
            _ = try await edit.open()
            let checked = try await edit.check(#"{"order":"order-1","count":2}"#)
            try await console.failed().discard(id: id, reason: "late", by: "ben")
            let answer = try await edit.send(checked)
            #expect(answer.status == 409 && answer.said.contains("it took effect, or was discarded"))
        }
    }

    /// Somebody who edits an event.
    private struct Edit {
        let console: ConsoleSystem
        let path: String
        let cookie: String

        init(_ console: ConsoleSystem, _ id: FailedEvent.ID, cookie: String) {
            (self.console, path, self.cookie) = (console, "/failed/shipping/\(id)", cookie)
        }

        func open() async throws -> RawAnswer {
            try await console.client.get("\(path)/edit", cookie: cookie)
        }

        func check(_ data: String, on page: RawAnswer? = nil) async throws -> RawAnswer {
            let form = if let page { page } else { try await open() }
            return try await console.client.post(
                "\(path)/edit",
                form.hiddenFields(ofFormTo: "\(path)/edit") + [("data", data)],
                cookie: cookie
            )
        }

        func send(_ checked: RawAnswer) async throws -> RawAnswer {
            try await console.client.post(
                "\(path)/correct",
                checked.hiddenFields(ofFormTo: "\(path)/correct"),
                cookie: cookie
            )
        }
    }
}
