import HTTPTesting
import Perch
import PerchConsole
import PerchOperating
import PerchTesting
import Testing

@Suite struct FailedEventPageTests {
    @Test func itTellsWhyItFailedAndWhatWaitsBehindIt() async throws {
        try await withConsole { console in
            let first = try await console.fail(1...1, key: "order-7")[0]
            let held = try await console.fail(2...4, .held, error: "", key: "order-7")
            let page = try await console.client.get("/failed/shipping/\(first)").said
            #expect(page.contains("no stock: 50% left") && page.contains("the first of its key; 3 wait behind it"))
            #expect(page.contains("Retry… Edit and retry… Discard…"))
            let waiting = try await console.client.get("/failed/shipping/\(held[1])").said
            #expect(waiting.contains("behind shipping/\(first) , and follows it by itself; 1 waits behind it"))
            #expect(!waiting.contains("Retry… "))
        }
    }

    @Test func whatHasGoneIsSaid() async throws {
        try await withConsole { console in
            let answer = try await console.client.get("/failed/shipping/17")
            #expect(answer.status == 404 && answer.said.contains("it took effect, or was discarded"))
            #expect(try await console.client.get("/failed/shiping/17").said.contains("did you mean `shipping`?"))
            #expect(try await console.client.get("/failed/shipping/x").status == 404)
        }
    }

    @Test func numbersStayExactAndNothingOfAStrangerIsMarkup() async throws {
        let hostile = "<script>alert(1)</script> \u{202E}txt {{x}} \"><img src=x onerror=y>"
        let data =
            #"{"order":"<script>alert(1)</script>","count":9007199254740993,"more":0.10,"turn":""# + "\u{202E}txt\"}"
        try await withConsole { console in
            let id = try await console.fail(1...1, error: hostile, key: hostile, data: data)[0]
            for path in [
                "/failed", "/failed/errors", "/failed/shipping/\(id)", "/failed/shipping/\(id)/edit", "/failed/retry",
                "/failed/discard", "/failed?key=%3Cscript%3E&error=%22%3E%3Cimg",
            ] {
                let answer = try await console.client.get(path)
                #expect(answer.status == 200)
                #expect(!answer.body.contains("<script>alert") && !answer.body.contains("<img"))
            }
            let page = try await console.client.get("/failed/shipping/\(id)").said
            #expect(page.contains("9007199254740993") && page.contains("0.10") && page.contains("⟨U+202E⟩txt"))
            // What is edited is the event's own text.
            let edit = try await console.client.get("/failed/shipping/\(id)/edit").body
            #expect(edit.contains("\u{202E}txt") && edit.contains("&quot;count&quot;:9007199254740993"))
        }
    }

    @Test func dataOf64KiBIsShownWhole() async throws {
        let start = #"{"order":"order-1","count":1,"text":""#
        let data = start + String(repeating: "ä", count: (65_536 - start.utf8.count - 3) / 2) + "z\"}"
        try await withConsole { console in
            let id = try await console.fail(1...1, key: "order-1", data: data)[0]
            let page = try await console.client.get("/failed/shipping/\(id)").body
            #expect(page.contains("äääz&quot;\n}"))
            let cookie = try await console.client.login()
            let edit = try await console.client.get("/failed/shipping/\(id)/edit", cookie: cookie)
            let checked = try await console.client.post(
                "/failed/shipping/\(id)/edit",
                edit.hiddenFields(ofFormTo: "/failed/shipping/\(id)/edit") + [("data", data)],
                cookie: cookie
            )
            #expect(checked.status == 200 && checked.said.contains("Nothing changes."))
        }
    }
}
