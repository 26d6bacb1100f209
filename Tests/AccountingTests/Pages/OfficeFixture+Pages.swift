import Foundation
import HTTPTesting
import Logging
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Accounting

extension OfficeFixture {
    /// A process that serves the pages of accounting to a test.
    struct Process {
        let served: ServedPages
        let pages: AccountingPages
        let clock: TestClock

        func visitor(_ role: Role, id: UUID = .v7(), name: String = "Ann") async throws -> PageVisitor {
            try await served.visitor(role, id: id, name: name, now: clock.now)
        }
    }

    /// Serves the pages, as the service's own role.
    ///
    /// - Parameters:
    ///   - patience: How long a page waits for a reward.
    ///   - onStep: Of the closes that its pages begin; throws to end them there, as a crash would.
    func serving(
        patience: Duration = .milliseconds(1500),
        onStep: @escaping @Sendable (PayDay.Step) throws -> Void = { _ in },
        _ body: (Process) async throws -> Void
    ) async throws {
        let url = try accounting.grantToNewRole()
        let database = Database(
            try PostgresConfiguration(url: url),
            contract: accounting.contract,
            size: 4,
            acquireTimeout: .seconds(3600)
        )
        var payDay = payDay
        payDay.onStep = onStep
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let places = try ServedPages.settings(of: .accounting).places
        var pages = AccountingPages(payDay: payDay, database: database, places: places, logger: logger)
        pages.patience = patience
        let (all, clock) = (pages, clock)
        let api = Accounting.api(database: database, timeZone: timeZone) { clock.now }
        try await withPages(
            of: .accounting,
            beside: api,
            database: database,
            { Accounting.site($0, all, logger: logger) },
            { try await body(Process(served: $0, pages: all, clock: clock)) }
        )
        await database.close()
    }
}

extension RawAnswer {
    /// Where the page gets fresh values from.
    var stream: String? {
        body.components(separatedBy: " data-stream=\"").dropFirst().first.map { rest in
            let address = rest.components(separatedBy: "\"")[0]
            return address.components(separatedBy: "&amp;").joined(separator: "&")
        }
    }

    /// The headings of the page's sections.
    var sections: [String] {
        body.components(separatedBy: "<h2>").dropFirst().map { part in
            part.components(separatedBy: "</h2>").first ?? ""
        }
    }
}
