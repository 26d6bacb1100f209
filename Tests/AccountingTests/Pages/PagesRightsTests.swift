import Foundation
import HTTPTesting
import HTTPTypes
import Logging
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Accounting

/// Who may see which page: all that the service has are in the table, or the test fails.
@Suite("the pages of accounting: who may") struct PagesRightsTests {
    private static let everybody = Set(Role.allCases)
    private static let accountants: Set<Role> = [.accountant, .admin]
    private static let admins: Set<Role> = [.admin]

    private static let table: [String: Set<Role>] = [
        "GET /": everybody,
        "GET /account": everybody,
        "GET /account/days/{day}": everybody,
        "GET /live/account": everybody,
        "GET /accounts": accountants,
        "GET /accounts/{user}": accountants,
        "GET /accounts/{user}/days/{day}": accountants,
        "GET /live/accounts/{user}": accountants,
        "GET /management": accountants,
        "GET /management.csv": accountants,
        "GET /live/management": accountants,
        "GET /days": accountants,
        "GET /days/{day}": accountants,
        "GET /live/days/{day}": accountants,
        "GET /days/{day}/close": admins,
        "POST /days/{day}/close": admins,
        "POST /days/{day}/resume": admins,
    ]

    @Test func eachPageIsForTheRolesOfTheTableAndForNobodyElse() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire("Ann")
        try await office.serving { process in
            let site = Accounting.site(
                try ServedPages.settings(of: .accounting),
                process.pages,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            #expect(Set(site.entries.map { "\($0.method) \($0.path)" }) == Set(Self.table.keys))
            for entry in site.entries {
                let name = "\(entry.method) \(entry.path)"
                let allowed = try #require(Self.table[name])
                let path = entry.path.replacing("{user}", with: ann.text).replacing("{day}", with: "2026-11-22")
                for role in Role.allCases {
                    let visitor = try await process.visitor(role)
                    let answer: RawAnswer
                    if entry.method == .post {
                        answer = try await visitor.post(path)
                    } else if path.hasPrefix("/live/") {
                        // A stream does not end: its first line tells.
                        answer = RawAnswer(text: try await visitor.live(path, until: "\r\n\r\n"))
                    } else {
                        answer = try await visitor.get(path)
                    }
                    // Of a stream only the head was read.
                    let says = path.hasPrefix("/live/") || answer.said.contains("This page is for:")
                    let isRefused = answer.status == 403 && says
                    #expect(isRefused == !allowed.contains(role), "\(name) as \(role): \(answer.status)")
                }
                // Nobody is logged in: to the login, and nothing is done.
                let stranger = process.served.stranger
                let answer = try await entry.method == .post ? stranger.post(path) : stranger.get(path)
                #expect(answer.status == (entry.method == .post ? 401 : 303), "\(name)")
            }
        }
        #expect(try office.accounting.numbers("SELECT count(*) FROM accounting.closed_days") == [0])
    }

    @Test func theFirstPageIsTheOneOfTheRole() async throws {
        let office = try OfficeFixture(.once)
        try await office.serving { process in
            let homes: [Role: String] = [
                .employee: "/account", .manager: "/account", .accountant: "/management", .admin: "/management",
            ]
            for (role, path) in homes {
                let answer = try await process.visitor(role).get("/")
                #expect(answer.header("Location") == path)
            }
        }
    }
}
