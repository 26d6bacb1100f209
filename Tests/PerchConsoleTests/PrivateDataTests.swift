import HTTPTesting
import Foundation
import Perch
import PerchConsole
import PerchOperating
import PerchTesting
import Testing

@Suite struct PrivateDataTests {
    private static let secret = "Rumpelstilzchen 4711"
    private static let id = "0190f3a4-7d1c-7000-8000-000000000001"

    /// Where the field is shown to whoever may see it. `ENTRY` and `NUMBER` are those of the event, and of its failure.
    private static let shows = [
        "/failed", "/failed.json", "/failed/errors", "/failed/errors.json", "/failed/shipping/NUMBER",
        "/failed/shipping/NUMBER.json", "/tail/orders", "/tail/orders.json", "/topics/orders/events",
        "/topics/orders/events.json", "/topics/orders/events/\(id)",
        "/topics/orders/events/\(id).json", "/topics/orders/events/ENTRY", "/topics/orders/events/ENTRY.json",
        "/topics/orders/partitions/PARTITION", "/topics/orders/partitions/PARTITION.json", "/trace?event=\(id)",
        "/trace.json?event=\(id)", "/trace?key=order-1",
        "/trace.json?key=order-1",
    ]

    /// Where it is shown to nobody.
    private static let hides = [
        "/", "/audit", "/audit.json", "/audit.csv", "/groups/shipping", "/groups/shipping.json",
        "/groups/shipping/pending", "/operations", "/operations.json", "/overview.json", "/topics/orders",
        "/topics/orders.json",
    ]

    /// Where it is shown, and only who may see it gets in.
    private static let refuses = ["/failed/shipping/NUMBER/edit", "/failed/retry"]

    /// Whoever may not see a text may not ask for it either: whether something is found would tell it.
    private func guess(_ cookie: String, _ role: Role, _ console: ConsoleSystem) async throws {
        for path in ["/failed", "/failed.json", "/failed/errors", "/failed/errors.json"] {
            for field in ["error=Rumpel", "error=nobody", "pattern=no%20place%20for%20%E2%80%A6", "error=%25"] {
                let answer = try await console.client.get("\(path)?\(field)", cookie: cookie)
                #expect(answer.status == (role == .viewer ? 403 : 200), "\(path)?\(field)")
            }
            // Nothing else that can be asked for tells right from wrong.
            for (right, wrong) in [("note=Rumpelstilzchen%204711", "note=Rumpelstilzchen%204712")] {
                let answers = [
                    try await console.client.get("/tail/orders?field=\(right)", cookie: cookie),
                    try await console.client.get("/tail/orders?field=\(wrong)", cookie: cookie),
                ]
                let found = answers.map { $0.body.matches(of: /<tr id="orders:/).count }
                #expect(found == (role == .viewer ? [0, 0] : [1, 0]))
            }
        }
        for text in ["Rumpelstilzchen", "4711"] {
            for path in ["/audit", "/audit.json", "/audit.csv", "/search"] {
                let field = path == "/search" ? "q" : "text"
                let answer = try await console.client.get("\(path)?\(field)=\(text)", cookie: cookie)
                let other = try await console.client.get("\(path)?\(field)=\(String(text.reversed()))", cookie: cookie)
                guard role == .viewer else { continue }
                #expect(answer.status == other.status && answer.body.count == other.body.count, "\(path) \(text)")
            }
        }
    }

    @Test(arguments: [Role.viewer, .operator]) func onlyWhoMaySeesAPrivateField(role: Role) async throws {
        try await withConsole({ $0.tokenRole = role }) { console in
            let system = OperatedSystem(console.connections)
            _ = try await Publications(system).publish(
                ConsoleSystem.orders,
                "order_counted",
                key: "order-1",
                data: Array(#"{"order":"order-1","count":1,"note":"\#(Self.secret)"}"#.utf8),
                by: "ann",
                id: try #require(UUID(uuidString: Self.id))
            )
            let failed = FailedEvents(system, of: "shipping")
            try await console.running("shipping", RefuseAll(words: "no place for \(Self.secret)")) {
                try await eventually("it failed") { try await failed.count() == 1 }
            }
            let event = try #require(try await failed.list().first)
            let cookie = try await console.client.login()
            func sees(_ template: String, _ status: Int) async throws -> Bool {
                let path = template.replacing("NUMBER", with: "\(event.id)")
                    .replacing("ENTRY", with: "\(event.delivery.entryID)")
                    .replacing("PARTITION", with: "\(event.delivery.partition.number.rawValue)")
                let answer = try await console.client.get(path, cookie: cookie)
                #expect(answer.status == status, "\(path)")
                return ["Rumpelstilzchen", "4711"].contains { answer.text.contains($0) }
            }
            for path in Self.shows { #expect(try await sees(path, 200) == (role == .operator), "\(path)") }
            for path in Self.hides { #expect(try await !sees(path, 200), "\(path)") }
            try await guess(cookie, role, console)
            for path in Self.refuses {
                #expect(try await sees(path, role == .operator ? 200 : 403) == (role == .operator), "\(path)")
            }
        }
    }
}
