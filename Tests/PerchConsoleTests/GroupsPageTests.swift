import HTTPTesting
import PerchConsole
import PerchOperating
import PerchTesting
import Testing

@Suite struct GroupsPageTests {
    @Test func itTellsHowFarEachGroupIs() async throws {
        try await withConsole { console in
            try await console.publish(7)
            try await console.running {
                try await eventually("shipping is at the end, and billing is not there") {
                    let page = try await console.client.get("/groups").body
                    return page.contains("data-live=\"groups/shipping/orders/lag\">0<")
                        && page.contains("data-live=\"groups/shipping/orders/state\">running<")
                        && page.contains("data-live=\"groups/billing/orders/state\">never ran<")
                }
            }
            let cookie = try await console.client.login()
            try await eventually("nobody runs shipping any more") {
                let page = try await console.client.get("/groups?state=nobody+runs+it", cookie: cookie).body
                return page.contains("href=\"/groups/shipping\"") && !page.contains("href=\"/groups/billing\"")
            }
        }
    }

    @Test func itIsNarrowedDownAndSortedByItsAddress() async throws {
        try await withConsole { console in
            let cookie = try await console.client.login()
            let one = try await console.client.get("/groups?group=billing", cookie: cookie).body
            #expect(one.contains("href=\"/groups/billing\"") && !one.contains("href=\"/groups/shipping\""))
            #expect(one.contains("Group: billing") && one.contains("Lag 30 min"))
            let none = try await console.client.get("/groups?topic=nothing", cookie: cookie).body
            #expect(none.contains("No group matches"))
            let sorted = try await console.client.get("/groups?sort=lag", cookie: cookie).body
            #expect(sorted.contains("aria-sort=\"descending\"") && sorted.contains("/groups?sort=-lag"))
        }
    }

    @Test func whatItsDatabaseDoesNotTellIsUnknown() async throws {
        try await withConsole { settings in
            settings.connections.databases["billing"] = nil
        } _: { console in
            let page = try await console.client.get("/groups").body
            #expect(page.contains("groups/billing/orders/state\">unknown<") && page.contains("Postgres of billing"))
        }
    }

    @Test func aFieldThatItDoesNotHaveIsTold() async throws {
        try await withConsole { console in
            let answer = try await console.client.get("/groups?gruop=shipping")
            #expect(answer.status == 400 && answer.body.contains("gruop"))
        }
    }
}
