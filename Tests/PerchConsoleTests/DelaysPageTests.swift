import Foundation
import HTTPTesting
import Perch
import PerchConsole
import PerchTesting
import Postgres
import Testing
import Times

@Suite struct DelaysPageTests {
    /// One event that is due tomorrow, of a key that markup could come from.
    private static func delay(_ console: ConsoleSystem, note: String? = nil) async throws {
        _ = try await console.database.transaction { tx in
            try tx.publish(
                NotedOrder(order: "<b>later</b>", count: 7, note: note ?? "none"),
                notBefore: Timestamp(milliseconds: Timestamp.now.milliseconds + 86_400_000)
            )
        }
    }

    @Test func itListsWhatWaitsWithTheWayToTakeItBack() async throws {
        try await withConsole { console in
            #expect(try await console.client.get("/delays").said.contains("No event waits until it is due."))
            try await Self.delay(console)
            let page = try await console.client.get("/delays?topic=orders")
            #expect(page.body.contains("&lt;b&gt;later&lt;/b&gt;") && page.body.contains("perch delays cancel "))
            #expect(try await console.client.get("/delays?key=other").said.contains("None of these waits."))
            let document = try await console.client.get("/delays.json").body
            let json = try #require(try JSONSerialization.jsonObject(with: Data(document.utf8)) as? [String: Any])
            #expect(json["total"] as? Int == 1)
            try await eventually("the topic's page leads to it") {
                try await console.client.get("/topics/orders").links(to: "/delays?topic=orders").count == 1
            }
        }
    }

    @Test func whatIsPrivateIsNotShownToAViewer() async throws {
        try await withConsole({ $0.tokenRole = .viewer }) { console in
            try await Self.delay(console, note: "secret")
            for path in ["/delays", "/delays.json"] {
                let answer = try await console.client.get(path)
                #expect(answer.body.contains("later") && !answer.body.contains("secret"), "\(path)")
            }
        }
    }
}
