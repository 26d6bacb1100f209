import HTTPTesting
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
}
