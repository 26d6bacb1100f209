import Foundation
import Testing

/// What the pages of docs/ show in Swift is taken by the compiler, each block behind the same few declarations.
@Suite struct PagesTests {
    private static let pages = ["delays", "failures", "limits", "middleware", "schedules"]

    private static func blocks(of page: String) throws -> [String] {
        let file = UserPackage.checkout.appendingPathComponent("docs/\(page).md")
        let text = try String(contentsOf: file, encoding: .utf8)
        return text.matches(of: /```swift\n((?:.|\n)*?)```/).map { String($0.1) }
    }

    @Test(
        .enabled(if: UserPackage.hasModules, "the modules are not beside the tests"),
        arguments: pages
    )
    func theCompilerTakesWhatAPageShows(page: String) throws {
        let blocks = try Self.blocks(of: page)
        #expect(!blocks.isEmpty)
        var files: [String: String] = [:]
        for (number, block) in blocks.enumerated() {
            files["Sources/Page\(number)/Prelude.swift"] = Self.prelude
            files["Sources/Page\(number)/main.swift"] = Self.imports + block
        }
        try UserPackage.withFolder { folder in
            try UserPackage(files: files).write(to: folder)
            let said = try UserPackage.errors(in: folder, targets: blocks.indices.map { "Sources/Page\($0)" })
            #expect(said == "")
        }
    }

    @Test(arguments: pages) func nothingIsLeftOutOfItsCode(page: String) throws {
        #expect(try Self.blocks(of: page).allSatisfy { !$0.contains("…") })
    }

    private static let imports = """
        import Foundation
        import Logging
        import Perch
        import PerchOperating
        import Postgres


        """

    /// What a reader has: a contract, databases, events and handlers.
    private static let prelude =
        imports + """
            let contract = try! Contract.load()
            let logger = Logger(label: "page")
            let postgres = try! PostgresConfiguration(url: "postgresql:///shop")
            let shop = Database(postgres, contract: contract)
            let database = shop
            let order = "order-17"
            let id: FailedEvent.ID = 17
            let corrected: [UInt8] = []

            struct PaymentReminder: Event {
                static let type: EventType = "payment_reminder"
                static let topic: TopicName = "orders"
                let orderID: String
                var version: Int { 1 }
                var key: String { orderID }
            }

            struct DayClosed: Event {
                static let type: EventType = "day_closed"
                static let topic: TopicName = "days"
                let at: Timestamp
                var version: Int { 1 }
                var key: String { "day" }
            }

            struct BookRevenue: EventHandler {
                func handle(_ reminder: PaymentReminder, _ delivery: Delivery, in tx: borrowing Transaction) throws {}
            }

            typealias CallBank = BookRevenue
            let orders = Subscription(topic: "orders", handlers: [BookRevenue()])
            """
}
