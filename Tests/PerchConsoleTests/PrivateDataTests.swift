import Foundation
import Perch
import PerchConsole
import PerchOperating
import PerchTesting
import Testing

@Suite struct PrivateDataTests {
    private static let secret = "Rumpelstilzchen 4711"
    private static let event = "0190f3a4-7d1c-7000-8000-000000000001"
    private static let paths = [
        "/topics/orders/events", "/topics/orders/events/\(event)", "/trace?key=order-1", "/trace?event=\(event)",
        "/failed",
        "/failed.json", "/failed/shipping/1", "/failed/errors", "/tail/orders", "/audit", "/audit.csv",
        "/trace.json?key=order-1",
        "/topics/orders/events.json",
    ]

    @Test(arguments: [Role.viewer, .operator]) func onlyWhoMaySeesAPrivateField(role: Role) async throws {
        try await withConsole({ $0.tokenRole = role }) { console in
            let system = OperatedSystem(console.connections)
            let data = Array(#"{"order":"order-1","count":1,"note":"\#(Self.secret)"}"#.utf8)
            _ = try await Publications(system).publish(
                ConsoleSystem.orders,
                "order_counted",
                key: "order-1",
                data: data,
                by: "ann",
                id: try #require(UUID(uuidString: Self.event))
            )
            let refusing = RefuseAll(words: "no place for \(Self.secret)")
            let failed = FailedEvents(system, of: "shipping")
            try await console.running("shipping", refusing) {
                try await eventually("it failed") { try await failed.count() == 1 }
            }
            let cookie = try await console.client.login()
            var seen = 0
            for path in Self.paths {
                let answer = try await console.client.get(path, cookie: cookie)
                if answer.text.contains("Rumpelstilzchen") || answer.text.contains("4711") { seen += 1 }
                #expect(role != .viewer || !answer.text.contains("4711"), "\(path) shows it to a viewer")
            }
            if role == .operator { #expect(seen >= 6) }
        }
    }
}
