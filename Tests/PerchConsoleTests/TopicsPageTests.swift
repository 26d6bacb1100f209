import HTTPTesting
import PerchConsole
import PerchOperating
import PerchTesting
import Testing

@Suite struct TopicsPageTests {
    @Test func itTellsWhatFlows() async throws {
        try await withConsole { console in
            try await console.publish(7)
            let cookie = try await console.client.login()
            try await eventually("the outbox is looked at") {
                let page = try await console.client.get("/topics", cookie: cookie).body
                return page.contains("href=\"/topics/orders\"")
                    && page.contains("data-live=\"topics/orders/waiting\">7 (")
            }
            try await console.running {
                try await eventually("all events are in Redis") {
                    let page = try await console.client.get("/topics", cookie: cookie).body
                    return page.contains("data-live=\"topics/orders/in_redis\">7<")
                        && page.contains("data-live=\"topics/orders/ever\">7<")
                }
            }
        }
    }

    @Test func whatMatchesNothingSaysSo() async throws {
        try await withConsole { console in
            let page = try await console.client.get("/topics?owner=nobody").body
            #expect(page.contains("No topic matches") && page.contains("Owner: nobody"))
            #expect(try await console.client.get("/topics?missing=on").body.contains("No topic matches"))
        }
    }

    @Test func whatRedisDoesNotTellIsUnknownAndTheRestIsThere() async throws {
        try await withConsole { settings in
            settings.connections.redis = ConsoleSystem.nobody
        } _: { console in
            try await console.publish(7)
            let cookie = try await console.client.login()
            try await eventually("the outbox is looked at, and Redis is not") {
                let page = try await console.client.get("/topics", cookie: cookie).body
                return page.contains("topics/orders/waiting\">7 (")
                    && page.contains("topics/orders/in_redis\"><span class=\"none\">")
            }
        }
    }

    @Test func whatTheOwnersDatabaseDoesNotTellIsUnknown() async throws {
        try await withConsole { settings in
            settings.connections.databases["shop"] = nil
        } _: { console in
            let page = try await console.client.get("/topics").body
            #expect(page.contains("Postgres of shop does not tell"))
            #expect(page.contains("topics/orders/waiting\"><span class=\"none\">"))
            #expect(page.contains("data-live=\"topics/orders/in_redis\">0<"))
        }
    }

    @Test func aTopicTellsItsLayoutAndItsEvents() async throws {
        try await withConsole { console in
            let answer = try await console.client.get("/topics/orders")
            for words in [
                "What customers ask for.", "orders:3", "order_counted/1", "order string, count integer",
                "lag, #", "Publish order_counted", "Change partitions", "Foreign entries", "Events</a> · <a",
                "billing <small>lag, #</small>",
            ] {
                #expect(answer.body.contains(words))
            }
            let unknown = try await console.client.get("/topics/order")
            #expect(unknown.status == 404 && unknown.body.contains("did you mean `orders`?"))
        }
    }

    @Test func aViewerIsToldWhatTheyMayNot() async throws {
        try await withConsole {
            $0.isReadOnly = true
        } _: { console in
            let page = try await console.client.get("/topics/orders").body
            #expect(
                page.contains("Changing partitions needs the role admin.") && !page.contains("Publish order_counted")
            )
        }
    }
}
