import HTTPTesting
import Foundation
import LocalServers
import Perch
import PerchConsole
import PerchOperating
import PerchTesting
import Postgres
import Testing

@Suite struct EventsPageTests {
    @Test func itLeafsBackThroughAllPartitionsWithoutLosingAnEvent() async throws {
        try await withConsole { console in
            try await console.publish(130)
            let cookie = try await console.client.login()
            try await console.running {
                try await eventually("all are in the streams") {
                    try await console.client.get("/topics", cookie: cookie).body.contains("orders/in_redis\">130<")
                }
            }
            var address = "/topics/orders/events"
            var seen: Set<String> = []
            var pages = 0
            while pages < 10 {
                pages += 1
                let page = try await console.client.get(address, cookie: cookie)
                for number in 0..<130 where page.body.contains("&quot;count&quot;: \(number) }") {
                    seen.insert("\(number)")
                }
                guard let next = page.link("Older") else { break }
                address = next
            }
            #expect(seen.count == 130 && pages >= 3)
        }
    }

    @Test func aFilterSaysHowFarItLooked() async throws {
        try await withConsole { console in
            try await console.publish(24)
            let cookie = try await console.client.login()
            try await console.running {
                try await eventually("all are in the streams") {
                    try await console.client.get("/topics", cookie: cookie).body.contains("orders/in_redis\">24<")
                }
            }
            let page = try await console.client.get("/topics/orders/events?key=order-3", cookie: cookie).body
            #expect(page.contains("; 2 match") && page.contains("nothing older is kept"))
            #expect(page.contains("Key: order-3"))
            let none = try await console.client.get("/topics/orders/events?from=2001-01-01", cookie: cookie).body
            #expect(none.contains("Looked at 0 entries"))
            let partition = try await console.client.get("/topics/orders/partitions/3", cookie: cookie).body
            #expect(partition.contains("Last id") && partition.contains("of orders:3"))
            for wrong in ["?before=x", "?from=x", "?partition=x", "?colour=red"] {
                #expect(try await console.client.get("/topics/orders/events\(wrong)", cookie: cookie).status == 400)
            }
            let other = try await console.client.get("/topics/orders/partitions/9", cookie: cookie).body
            #expect(other.contains("is none of them"))
        }
    }

    @Test func withoutRedisTheLogTells() async throws {
        try await withConsole { console in
            try await console.publish(5)
            try await console.running {
                try await eventually("all are in the streams") {
                    try await console.client.get("/topics").body.contains("orders/in_redis\">5<")
                }
            }
            console.system.redis.stop()
            let page = try await console.client.get("/topics/orders/events?key=order-3").body
            #expect(page.contains("Redis does not tell") && page.contains("; 1 match"))
        }
    }

    @Test func whatStrangersHaveWrittenIsText() async throws {
        try await withConsole { console in
            let key = "<script>alert(1)</script>\u{202E}"
            let tx = OrderCounted(order: key, count: 1)
            try await console.database.transaction { try $0.publish(tx) }
            let cookie = try await console.client.login()
            try await console.running {
                try await eventually("it is in its stream") {
                    try await console.client.get("/topics", cookie: cookie).body.contains("orders/in_redis\">1<")
                }
            }
            for path in [
                "/topics/orders/events", "/tail/orders", "/trace?key=%3Cscript%3Ealert(1)%3C/script%3E%E2%80%AE",
            ] {
                let page = try await console.client.get(path, cookie: cookie).body
                #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;⟨U+202E⟩"))
                #expect(!page.contains("<script>alert"))
            }
        }
    }

    @Test func oneEventHasItsEnvelopeItsDataAndItsJourney() async throws {
        try await withConsole { console in
            try await console.publish(1)
            let cookie = try await console.client.login()
            try await console.running("shipping", RefuseAll()) {
                try await eventually("it is a dead letter") {
                    try await console.client.get("/", cookie: cookie).body.contains("shipping: 1 dead letter")
                }
            }
            let list = try await console.client.get("/topics/orders/events", cookie: cookie)
            let address = try #require(list.links(to: "/topics/orders/events/").first)
            let page = try await console.client.get(address, cookie: cookie).body
            for words in [
                "order_counted/1", "redis-cli XRANGE orders:", "&quot;order&quot;: &quot;order-0&quot;",
                "as the contract says", "happened in shop", "got its place", "the amount is below zero", "shipping/1",
                "Where it failed", "next in line",
            ] {
                #expect(page.contains(words), "\(words)")
            }
            #expect(try await console.client.get("/topics/orders/events/1-1", cookie: cookie).status == 404)
            let wrong = try await console.client.get("/topics/orders/events/seven", cookie: cookie)
            #expect(wrong.status == 404 && wrong.body.contains("found seven"))
        }
    }
}
