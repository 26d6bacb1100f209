import HTTPTesting
import Foundation
import Perch
import PerchConsole
import PerchOperating
import PerchTesting
import Testing

@Suite struct TracePageTests {
    @Test func aKeyIsFollowedThroughAllGroups() async throws {
        try await withConsole { console in
            try await console.publish(13)
            let cookie = try await console.client.login()
            let waiting = try await console.client.get("/trace?key=order-0", cookie: cookie).body
            #expect(waiting.contains("2 events of the key") && waiting.contains("waits in the outbox"))
            try await console.running {
                try await eventually("both took effect in shipping") {
                    let page = try await console.client.get("/trace?key=order-0", cookie: cookie).body
                    return page.components(separatedBy: ">committed<").count == 3
                }
            }
            let page = try await console.client.get("/trace?key=order-0", cookie: cookie).body
            #expect(page.contains("waiting") && page.contains("250,000 events"))
            #expect(page.contains("&quot;count&quot;: 12"))
        }
    }

    @Test func whatIsNotThereSaysSo() async throws {
        try await withConsole { console in
            let cookie = try await console.client.login()
            #expect(try await console.client.get("/trace", cookie: cookie).body.contains("follows a key"))
            let none = try await console.client.get("/trace?key=nobody", cookie: cookie)
            #expect(none.status == 404 && none.body.contains("There is none in any topic"))
            let event = try await console.client.get("/trace?event=\(UUID().uuidString)", cookie: cookie)
            #expect(event.status == 404)
            #expect(try await console.client.get("/trace?event=seven", cookie: cookie).status == 400)
        }
    }

    @Test func withoutItsDatabaseAGroupIsUnknown() async throws {
        try await withConsole { settings in
            settings.connections.databases["billing"] = nil
        } _: { console in
            try await console.publish(1)
            let page = try await console.client.get("/trace?key=order-0").body
            #expect(page.contains("its database did not tell") && page.contains("Postgres of billing does not tell"))
        }
    }
}

@Suite struct SearchPageTests {
    @Test func itLeadsToWhatWasTyped() async throws {
        try await withConsole { console in
            try await console.publish(1)
            let cookie = try await console.client.login()
            try await console.running {
                try await eventually("it is in its stream") {
                    try await console.client.get("/topics", cookie: cookie).body.contains("orders/in_redis\">1<")
                }
            }
            let list = try await console.client.get("/topics/orders/events", cookie: cookie)
            let address = try #require(list.links(to: "/topics/orders/events/").first)
            let place = try #require(address.split(separator: "/").last)
            let event = try await console.client.get(address, cookie: cookie).body
            let id = try #require(event.components(separatedBy: "data-copy=\"").dropFirst().first?.prefix(36))
            let targets = [
                ("order-0", "/trace?key=order-0"), ("%20order-0%20", "/trace?key=order-0"),
                ("\(id)", "/trace?event=\(id)"),
                ("\(place)", address), ("shipping/17", "/failed/shipping/17"),
            ]
            for (text, target) in targets {
                let answer = try await console.client.get("/search?q=\(text)", cookie: cookie)
                #expect(answer.status == 303 && answer.header("Location") == target, "\(text)")
            }
            for text in ["order-99", "1-1", UUID().uuidString, "nobody/17", "%3Cb%3E"] {
                let answer = try await console.client.get("/search?q=\(text)", cookie: cookie)
                #expect(answer.status == 200 && answer.body.contains("Nothing fits"), "\(text)")
            }
            #expect(try await console.client.get("/search", cookie: cookie).body.contains("Type a key"))
        }
    }
}

@Suite struct TailPageTests {
    @Test func itHasTheNewestEventsOfEachLoad() async throws {
        try await withConsole { console in
            try await console.publish(60)
            let cookie = try await console.client.login()
            try await console.running {
                try await eventually("they are in the streams") {
                    try await console.client.get("/topics", cookie: cookie).body.contains("orders/in_redis\">60<")
                }
            }
            let page = try await console.client.get("/tail/orders", cookie: cookie).body
            #expect(page.contains("The newest 50 of orders") && page.contains("Reload every 5 seconds"))
            let one = try await console.client.get("/tail/orders?key=order-3&every=5", cookie: cookie)
            #expect(one.header("Refresh") == "5" && one.body.contains("The newest 5 of orders"))
            #expect(!one.body.contains("<form class=\"filter\""))
        }
    }
}
