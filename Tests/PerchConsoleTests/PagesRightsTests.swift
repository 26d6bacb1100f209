import PerchConsole
import PerchTesting
import Postgres
import Testing

/// What each role may of the pages that ask before something is done, and of the forms behind them.
@Suite struct PagesRightsTests {
    private static let pages: [(path: String, least: Role)] = [
        ("/groups/shipping", .viewer), ("/groups/shipping/pending", .viewer), ("/workers", .viewer),
        ("/doctor", .viewer), ("/audit", .viewer), ("/audit.csv", .viewer), ("/schedules", .viewer),
        ("/session", .viewer), ("/settings", .viewer), ("/pause/shipping", .operator), ("/resume/shipping", .operator),
        ("/replay/shipping/orders", .operator), ("/replay/shipping/orders?what=restart", .operator),
        ("/partitions/orders", .admin), ("/publish/orders/order_counted", .admin),
        ("/schedules/shop/invoices/run", .admin), ("/schedules/shop/invoices/pause", .admin),
        ("/schedules/shop/invoices/resume", .admin),
    ]

    private static let forms: [(path: String, least: Role)] = [
        ("/doctor/look", .viewer), ("/session/zone", .viewer), ("/pause/shipping", .operator),
        ("/resume/shipping", .operator), ("/replay/shipping/orders", .operator),
        ("/publish/orders/order_counted", .admin), ("/schedules/shop/invoices/run", .admin),
        ("/schedules/shop/invoices/pause", .admin), ("/schedules/shop/invoices/resume", .admin),
    ]

    @Test(arguments: Role.allCases) func aPageAndAFormAskForTheRight(role: Role) async throws {
        try await withConsole {
            $0.tokenRole = role
        } _: { console in
            var cookie = try await console.client.login()
            for (path, least) in Self.pages {
                let answer = try await console.client.get(path, cookie: cookie)
                #expect((answer.status == 403) == (role < least), "\(path) \(answer.status)")
                if role < least { #expect(answer.words.contains("needs the role \(least.rawValue)"), "\(path)") }
            }
            cookie = try await console.client.login()
            for (path, least) in Self.forms {
                let answer = try await console.client.post(path, [("token", "wrong")], cookie: cookie)
                #expect(answer.status == 403, "\(path)")
                // Who has the right is refused for the token alone.
                #expect(answer.words.contains("needs the role") == (role < least), "\(path)")
            }
            #expect(try await console.number("SELECT count(*) AS n FROM perch.operations") == 0)
        }
    }

    @Test func aConsoleThatOnlyShowsLetsNobodyChangeAnything() async throws {
        try await withConsole {
            $0.isReadOnly = true
        } _: { console in
            let cookie = try await console.client.login()
            let page = try await console.client.get("/groups/shipping", cookie: cookie)
            #expect(page.words.contains("Pausing needs the role operator.") && !page.body.contains("href=\"/pause"))
            for (path, least) in Self.forms where least > .viewer {
                #expect(try await console.client.post(path, [], cookie: cookie).status == 403)
            }
        }
    }
}
