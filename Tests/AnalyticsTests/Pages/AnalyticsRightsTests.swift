import Foundation
import HTTPTesting
import Logging
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Analytics

/// Who may see which page: all that the service has are in the table, or the test fails.
@Suite struct AnalyticsRightsTests {
    private static let paths = [
        "/", "/live/earnings", "/below-zero", "/live/below-zero", "/tickets", "/live/tickets", "/wages", "/live/wages",
    ]

    @Test func eachPageIsForAdminsAndForNobodyElse() async throws {
        let office = try AnalyticsOffice()
        let database = try office.fixture.database
        let site = Analytics.site(
            try ServedPages.settings(of: .analytics),
            database: database,
            timeZone: .gmt,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let entries = site.entries
        await database.close()
        try await office.visit { _, pages in
            #expect(Set(entries.map(\.path)) == Set(Self.paths))
            for entry in entries {
                #expect(entry.method == .get)
                let stranger = try await pages.stranger.get(entry.path)
                #expect(stranger.status == 303, "\(entry.path)")
                for role in [Role.employee, .manager, .accountant] {
                    let visitor = try await pages.visitor(role, now: AnalyticsOffice.noon)
                    let answer = try await visitor.get(entry.path)
                    #expect(answer.status == 403, "\(role) \(entry.path)")
                    #expect(answer.said.contains("You are \(role.rawValue).") && !answer.said.contains("0.00"))
                }
            }
        }
    }

    @Test func eachPageLeadsToTheOthers() async throws {
        try await AnalyticsOffice().visit { admin in
            for path in ["/", "/below-zero", "/tickets", "/wages"] {
                let page = try await admin.get(path)
                #expect(page.status == 200)
                #expect(page.link("Earnings") == "/" && page.link("Below zero") == "/below-zero")
                #expect(page.link("Dearest tickets") == "/tickets" && page.link("Wages") == "/wages")
                #expect(page.body.contains("<a href=\"\(path)\" aria-current=\"page\">"))
            }
        }
    }
}
