import HTTPTesting
import PerchTesting
import Postgres
import Testing

@Suite struct PublishPagesTests {
    private static let path = "/publish/orders/order_counted"

    @Test func whatIsWrongIsToldAndWhatWasTypedIsKept() async throws {
        try await withConsole { console in
            let cookie = try await console.client.login()
            let page = try await console.client.get(Self.path, cookie: cookie)
            #expect(page.words.contains("integer, at least 0"))
            let form = try #require(page.forms.first)
            let noNumber = try await console.client.send(
                form.with("d.order", "<b>").with("d.count", "1, \"order\": 2"),
                cookie: cookie
            )
            #expect(noNumber.status == 422 && noNumber.words.contains("It is no number"))
            #expect(noNumber.body.contains("value=\"&lt;b&gt;\"") && !noNumber.body.contains("<b>"))
            let below = try await console.client.send(form.with("d.order", "a").with("d.count", "-1"), cookie: cookie)
            #expect(below.status == 422 && below.words.contains("The contract does not allow it"))
            #expect(try await console.records("publish") == 0)
        }
    }

    @Test func whatWasCheckedIsPublishedOnce() async throws {
        try await withConsole { console in
            let cookie = try await console.client.login()
            let form = try #require(try await console.client.get(Self.path, cookie: cookie).forms.first)
            let checked = try await console.client.send(
                form.with("d.order", "a \"b\" \u{1F600}").with("d.count", "9007199254740993"),
                cookie: cookie
            )
            #expect(checked.status == 200 && checked.words.contains("The data is as the contract says."))
            #expect(checked.words.contains("9007199254740993") && checked.words.contains("billing, shipping"))
            #expect(try await console.records("publish") == 0)
            let publish = try #require(checked.forms.first)
            async let first = console.client.send(publish, cookie: cookie)
            async let second = console.client.send(publish, cookie: cookie)
            #expect(try await [first, second].map(\.status) == [303, 303])
            #expect(try await console.records("publish") == 1)
            #expect(
                try await console.number(
                    "SELECT count(*) AS n FROM perch.outbox WHERE key = 'a \"b\" 😀' AND (data->>'count') = '9007199254740993'"
                ) == 1
            )
        }
    }

    @Test func thePlanOfPartitionsIsShownWithTheCommandThatDoesIt() async throws {
        try await withConsole { console in
            let cookie = try await console.client.login()
            #expect(try await console.client.get("/partitions/orders", cookie: cookie).words.contains("4 partitions"))
            let plan = try await console.client.get("/partitions/orders?to=8", cookie: cookie)
            #expect(plan.words.contains("4 → 8") && plan.words.contains("perch partitions orders --to 8"))
            #expect(try await console.client.get("/partitions/orders?to=many", cookie: cookie).status == 422)
            #expect(
                try await console.client.get("/partitions/orders?to=4", cookie: cookie).words.contains("Nothing to do")
            )
            #expect(try await console.client.get("/publish/orders/order_count", cookie: cookie).status == 404)
        }
    }
}
