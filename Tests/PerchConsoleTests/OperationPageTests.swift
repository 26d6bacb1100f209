import PerchConsole
import PerchTesting
import Testing

@Suite struct OperationPageTests {
    @Test func anOperationOfBeforeARestartLeadsToItsRecords() async throws {
        try await withConsole { console in
            let id = "019ad2f0-7b3c-7e41-9d0a-5f2f9f3c1a77"
            let answer = try await console.client.get("/operations/\(id)")
            #expect(answer.status == 404 && answer.said.contains("it was started again since"))
            #expect(answer.links(to: "/audit?operation=\(id)").count == 1)
            #expect(try await console.client.get("/operations/17").status == 404)
            #expect(try await console.client.get("/operations").said.contains("Nothing was begun"))
        }
    }

    @Test func itsProgressIsKeptFresh() async throws {
        try await withConsole { console in
            let ids = try await console.fail(1...1500)
            let cookie = try await console.client.login()
            let asked = try await console.client.get("/failed/retry", cookie: cookie)
            var begun = asked
            try await console.holding(ids[1200]) {
                begun = try await console.client.post(
                    "/failed/retry",
                    asked.hiddenFields(ofFormTo: "/failed/retry"),
                    cookie: cookie
                )
                let operation = try #require(begun.header("Location"))
                try await eventually("the first thousand is done") {
                    try await console.client.get(operation).said.contains("1,000 of 1,500 events")
                }
                let page = try await console.client.get(operation)
                #expect(page.body.contains("data-stream=\"/live?of=%2Foperations%2F"))
                #expect(page.body.contains("data-live=\"\(operation.dropFirst())/done\""))
            }
            let ended = try await console.ended(begun)
            #expect(ended.said.contains("1,500 events due now.") && !ended.body.contains("data-stream"))
        }
    }

    @Test(arguments: [Role.viewer, .operator, .admin])
    func eachRoleMayWhatItMayAndNoMore(_ role: Role) async throws {
        try await withConsole({ $0.tokenRole = role }) { console in
            let id = try await console.fail(1...1, key: "order-1")[0]
            let cookie = try await console.client.login()
            let event = "/failed/shipping/\(id)"
            let pages: [(String, Role)] = [
                ("/failed", .viewer), ("/failed/errors", .viewer), (event, .viewer), ("/operations", .viewer),
                ("\(event)/edit", .operator), ("/failed/retry", .operator), ("/failed/discard", .admin),
            ]
            for (path, least) in pages {
                let answer = try await console.client.get(path, cookie: cookie)
                #expect(answer.status == (role >= least ? 200 : 403), "\(path)")
            }
            // Refused before anything of the form is read.
            let operation = "/operations/019ad2f0-7b3c-7e41-9d0a-5f2f9f3c1a77/stop"
            let forms: [(String, Role)] = [
                ("\(event)/edit", .operator), ("\(event)/correct", .operator), ("/failed/retry", .operator),
                (operation, .operator), ("/failed/discard", .admin),
            ]
            for (path, least) in forms {
                let answer = try await console.client.post(path, [("token", "none")], cookie: cookie)
                #expect(answer.status == 403)
                #expect(answer.said.contains("needs the role \(least.rawValue)") == (role < least), "\(path)")
            }
            let list = try await console.client.get("/failed", cookie: cookie)
            #expect(list.said.contains("Retrying needs the role operator.") == (role < .operator))
            #expect(list.said.contains("Discarding needs the role admin.") == (role < .admin))
            #expect(list.body.contains("type=\"checkbox\"") == (role >= .operator))
        }
    }
}
