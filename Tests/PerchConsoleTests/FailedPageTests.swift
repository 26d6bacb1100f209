import HTTPTesting
import Foundation
import Perch
import PerchConsole
import PerchOperating
import PerchTesting
import Postgres
import Testing

@Suite struct FailedPageTests {
    @Test func itCountsWhatTheFilterMatchesOfAllGroupsAndOfOne() async throws {
        try await withConsole { console in
            try await console.fail(1...3)
            try await console.fail(4...5, .failed, error: "timeout after 30 s")
            try await console.fail(6...6, .held, error: "", key: "order-5")
            try await console.fail(1...2, of: "billing")
            let all = try await console.client.get("/failed").said
            #expect(all.contains("All 8 Dead 5 Failed 2 Held 1"))
            #expect(all.contains("8 here · all 8 that match"))
            let one = try await console.client.get("/failed?group=billing").said
            #expect(one.contains("All 2 Dead 2 Failed 0 Held 0"))
            let timeouts = try await console.client.get("/failed?error=TIMEOUT&state=failed").said
            #expect(timeouts.contains("All 2 Dead 0 Failed 2 Held 0") && timeouts.contains("shipping/4"))
            #expect(!timeouts.contains("shipping/1 "))
        }
    }

    @Test func itGoesOnWhereThePageBeforeEnded() async throws {
        try await withConsole { console in
            try await console.fail(1...60)
            try await console.fail(1...30, of: "billing")
            for order in ["newest", "oldest"] {
                var seen: [String] = []
                var path: String? = "/failed?order=\(order)"
                while let next = path {
                    let page = try await console.client.get(next)
                    let links = page.body.components(separatedBy: "<tbody>").last ?? ""
                    seen += RawAnswer(text: "\r\n\r\n" + links).links(to: "/failed/")
                    // The page leads to itself too, to be loaded again.
                    path = page.links(to: "/failed?").first { $0.contains("after=") && $0 != next }
                }
                #expect(seen.count == 90 && Set(seen).count == 90)
                let newestFirst = order == "newest"
                #expect(seen.first == (newestFirst ? "/failed/billing/90" : "/failed/billing/61"))
            }
        }
    }

    @Test func itOffersWhatTheFilterChoosesAndNothingElse() async throws {
        try await withConsole { console in
            try await console.fail(1...3)
            try await console.fail(4...4, .failed, error: "it's <late>")
            let page = try await console.client.get("/failed?state=failed&error=it%27s")
            let link = try #require(page.links(to: "/failed/retry").first)
            let asked = try await console.client.get(link).said
            #expect(asked.contains("Retry 1 failed event of shipping?"))
            #expect(asked.contains("perch failed retry --state failed --error 'it'\\''s' --up-to shipping/4"))
        }
    }

    @Test func heldEventsSayWhomTheyFollowAndHaveNoRetry() async throws {
        try await withConsole { console in
            try await console.fail(1...1, key: "order-7")
            try await console.fail(2...3, .held, error: "", key: "order-7")
            let page = try await console.client.get("/failed?state=held")
            #expect(page.said.contains("follows shipping/1"))
            #expect(page.said.contains("Held events have no retry: they follow the first of their key."))
            #expect(page.links(to: "/failed/retry").isEmpty)
        }
    }

    @Test func nothingIsSaidInWords() async throws {
        try await withConsole { console in
            #expect(try await console.client.get("/failed").said.contains("Nothing has failed."))
            let filtered = try await console.client.get("/failed?key=order-1")
            #expect(filtered.said.contains("Nothing matches. All that failed"))
        }
    }

    @Test func whatItDoesNotKnowIsTold() async throws {
        try await withConsole { console in
            for query in [
                "group=shiping", "state=gone", "topic=order", "older=soon", "id=17", "after=x", "order=up",
                "key=a&key=b", "x=1",
            ] {
                let answer = try await console.client.get("/failed?\(query)")
                #expect(answer.status == 400, "\(query)")
            }
        }
    }

    @Test func whereADatabaseIsAwayTheOthersAreShownAndNothingIsZero() async throws {
        try await withConsole({ settings in
            settings.connections.databases["billing"] = try? PostgresConfiguration(
                url: "postgres://ann@127.0.0.1:1/shop"
            )
        }) { console in
            try await console.fail(1...2)
            let page = try await console.client.get("/failed").said
            #expect(page.contains("Postgres of billing does not tell"))
            #expect(page.contains("shipping/1") && page.contains("Dead ?"))
            #expect(page.contains("all (at least 2) that match"))
            let asked = try await console.client.get("/failed/retry").said
            #expect(asked.contains("Nothing of it is touched") && asked.contains("Retry 2 dead letters of shipping?"))
        }
    }

    @Test func whereRedisIsAwayAllOfItWorks() async throws {
        try await withConsole({ $0.connections.redis = nil }) { console in
            let ids = try await console.fail(1...2)
            for path in ["/failed", "/failed/errors", "/failed/shipping/\(ids[0])", "/failed/retry"] {
                #expect(try await console.client.get(path).status == 200)
            }
        }
    }

    @Test func errorsThatDifferInNumbersAreOneLineWhichOpensThem() async throws {
        try await withConsole { console in
            try await console.fail(1...3, error: "no account 17 for order 4")
            try await console.fail(4...4, .failed, error: "no account 18 for order 5", key: "order-1")
            try await console.fail(5...5, error: "timeout")
            let page = try await console.client.get("/failed/errors")
            #expect(page.said.contains("no account … for order … 4 3 3 shipping order_counted"))
            let link = try #require(page.links(to: "/failed?group=shipping&").first)
            #expect(try await console.client.get(link).said.contains("All 4 Dead 3 Failed 1"))
        }
    }
}
