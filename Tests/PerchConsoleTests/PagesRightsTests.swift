import HTTPTesting
import PerchConsole
import PerchTesting
import Postgres
import Testing

/// What each role may of the pages and of what forms are sent to.
@Suite struct PagesRightsTests {
    /// All there is to ask for, and the least role that may.
    private static let table: [(route: String, least: Role)] = [
        ("GET /", .viewer), ("GET /audit", .viewer), ("GET /audit.csv", .viewer), ("GET /delays", .viewer),
        ("GET /doctor", .viewer), ("GET /live", .viewer), ("GET /live/tail/{topic}", .viewer),
        ("GET /failed", .viewer), ("GET /failed/errors", .viewer), ("GET /failed/{group}/{number}", .viewer),
        ("GET /groups", .viewer), ("GET /groups/{group}", .viewer), ("GET /groups/{group}/pending", .viewer),
        ("GET /operations", .viewer), ("GET /operations/{id}", .viewer), ("GET /schedules", .viewer),
        ("GET /search", .viewer), ("GET /session", .viewer), ("GET /settings", .viewer), ("GET /tail/{topic}", .viewer),
        ("GET /topics", .viewer), ("GET /topics/{topic}", .viewer), ("GET /topics/{topic}/events", .viewer),
        ("GET /topics/{topic}/events/{id}", .viewer), ("GET /topics/{topic}/partitions/{number}", .viewer),
        ("GET /trace", .viewer), ("GET /workers", .viewer), ("POST /doctor/look", .viewer),
        ("POST /session/keys", .viewer), ("POST /session/zone", .viewer),

        ("GET /failed/retry", .operator), ("POST /failed/retry", .operator),
        ("GET /failed/{group}/{number}/edit", .operator), ("POST /failed/{group}/{number}/edit", .operator),
        ("POST /failed/{group}/{number}/correct", .operator), ("POST /operations/{id}/stop", .operator),
        ("GET /pause/{group}", .operator), ("POST /pause/{group}", .operator),
        ("GET /resume/{group}", .operator), ("POST /resume/{group}", .operator),
        ("GET /replay/{group}/{topic}", .operator), ("POST /replay/{group}/{topic}", .operator),

        ("GET /failed/discard", .admin), ("POST /failed/discard", .admin), ("GET /partitions/{topic}", .admin),
        ("POST /partitions/{topic}", .admin),
        ("GET /publish/{topic}/{type}", .admin), ("POST /publish/{topic}/{type}", .admin),
        ("GET /schedules/{service}/{schedule}/run", .admin), ("POST /schedules/{service}/{schedule}/run", .admin),
        ("GET /schedules/{service}/{schedule}/pause", .admin), ("POST /schedules/{service}/{schedule}/pause", .admin),
        ("GET /schedules/{service}/{schedule}/resume", .admin),
        ("POST /schedules/{service}/{schedule}/resume", .admin),
    ]

    private static let event = "0190f3a4-7d1c-7000-8000-000000000001"

    /// The routes with something in the places of their parameters.
    private static func asked(_ number: Int64) -> [(method: String, path: String, least: Role)] {
        let values = [
            "group": "shipping", "topic": "orders", "type": "order_counted", "number": "\(number)", "id": event,
            "service": "shop", "schedule": "invoices",
        ]
        // A stream is open to all, and has no end that could be awaited.
        return table.filter { !$0.route.hasPrefix("GET /live") }.map { route, least in
            let path = values.reduce(route) { $0.replacing("{\($1.key)}", with: $1.value) }.split(separator: " ")
            return (String(path[0]), String(path[1]), least)
        }
    }

    @Test func theTableHasEachRouteWithItsRole() async throws {
        try await withConsole { console in
            let known = Dictionary(uniqueKeysWithValues: Self.table)
            let served = Dictionary(
                uniqueKeysWithValues: console.console.entries.map { ("\($0.method) \($0.path)", $0.right.least) }
            )
            #expect(known == served)
        }
    }

    @Test(arguments: Role.allCases) func aPageAndAFormAskForTheRight(role: Role) async throws {
        try await withConsole {
            $0.tokenRole = role
        } _: { console in
            let number = try await console.fail(1...1)[0]
            let cookie = try await console.client.login()
            for (method, path, least) in Self.asked(number) {
                // Who has the right is refused for the token alone.
                let answer =
                    method == "GET"
                    ? try await console.client.get(path, cookie: cookie)
                    : try await console.client.post(path, [("token", "wrong")], cookie: cookie)
                #expect((answer.status == 403) == (role < least || method == "POST"), "\(method) \(path)")
                let words = "needs the role \(least.rawValue)"
                #expect(answer.words.contains(words) == (role < least), "\(method) \(path)")
            }
            #expect(try await console.number("SELECT count(*) AS n FROM perch.operations") == 0)
        }
    }

    @Test(arguments: Role.allCases) func whereAButtonIsMissingItsRoleIsTold(role: Role) async throws {
        try await withConsole {
            $0.tokenRole = role
        } _: { console in
            try await console.fail(1...1)
            let list = try await console.client.get("/failed")
            #expect(list.words.contains("Retrying needs the role operator.") == (role < .operator))
            #expect(list.words.contains("Discarding needs the role admin.") == (role < .admin))
            #expect(list.body.contains("type=\"checkbox\"") == (role >= .operator))
        }
    }

    @Test func aConsoleThatOnlyShowsLetsNobodyChangeAnything() async throws {
        try await withConsole {
            $0.isReadOnly = true
        } _: { console in
            let number = try await console.fail(1...1)[0]
            let cookie = try await console.client.login()
            let page = try await console.client.get("/groups/shipping", cookie: cookie)
            #expect(page.words.contains("Pausing needs the role operator.") && !page.body.contains("href=\"/pause"))
            for (method, path, least) in Self.asked(number) where method == "POST" && least > .viewer {
                let answer = try await console.client.post(path, [], cookie: cookie)
                #expect(answer.status == 403, "\(path)")
                #expect(answer.words.contains("needs the role \(least.rawValue)"), "\(path)")
            }
        }
    }
}
