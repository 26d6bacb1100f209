import Foundation
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Accounting

@Suite("management's page") struct ManagementPageTests {
    private func office() throws -> OfficeFixture {
        let office = try OfficeFixture(.once)
        let ann = try office.hire("Ann")
        try office.earn(ann, at: "2026-11-20T09:00:00.000Z")
        try office.takeTicket(ann, at: "2026-11-22T09:00:00.000Z")
        return office
    }

    @Test func itTellsTodayEachDayAndTheSum() async throws {
        let office = try office()
        try await office.serving { process in
            let accountant = try await process.visitor(.accountant)
            let page = try await accountant.get("/management")
            #expect(page.said.contains("Earned today 15.00"))
            #expect(
                page.said.contains("Sunday 22 November so far 15.00 0.00 15.00 Saturday 21 November 0.00 0.00 0.00")
            )
            #expect(page.said.contains("Friday 20 November 15.00 40.00 −25.00"))
            #expect(page.said.contains("All 30 days 30.00 40.00 −10.00"))
            #expect(
                page.said.contains(
                    "Saturday 24 October to Sunday 22 November: −25.00 to 15.00, Sunday 22 November so far 15.00"
                )
            )
            // Other days: what today has brought stands above all the same.
            let past = try await accountant.get("/management?from=2026-11-19&to=2026-11-20")
            #expect(past.said.contains("Earned today 15.00") && past.said.contains("All 2 days 15.00 40.00 −25.00"))
            #expect(!past.said.contains("Sunday 22 November so far"))
        }
    }

    @Test func valuesOfTodayAndTheSumsWithThemStayFresh() async throws {
        let office = try office()
        let bob = try office.hire("Bob")
        try await office.serving { process in
            let accountant = try await process.visitor(.accountant)
            let stream = try #require(try await accountant.get("/management").stream)
            // 15.00 of others, 30.00 of today.
            let came = try await accountant.live(stream, until: "management/commissions/1500\":\"45.00\"") {
                try office.takeTicket(bob, at: "2026-11-22T10:00:00.000Z")
            }
            #expect(came.contains("management/commissions/1500\":\"45.00\""))
        }
    }

    @Test(arguments: [
        ("from=2026-11-22&to=2026-11-20", "Expected a day that is not before the first"),
        ("from=2025-11-20&to=2026-11-21", "Expected 366 days at most"), ("from=x", "Expected a day such as 2026-11-28"),
        ("to=2026-02-30", "Expected a day such as 2026-11-28"),
    ]) func daysThatAreNoneAreToldAndKept(query: String, words: String) async throws {
        let office = try office()
        try await office.serving { process in
            let accountant = try await process.visitor(.accountant)
            let page = try await accountant.get("/management?\(query)")
            #expect(page.status == 422 && page.said.contains(words))
            #expect(page.body.contains("<title>Error: Management · popug</title>"))
            let typed = try #require(query.split(separator: "&").last?.split(separator: "=").last)
            #expect(page.body.contains("value=\"\(typed)\""))
            #expect(try await accountant.get("/management.csv?\(query)").status == 422)
        }
    }

    @Test func theFileHasTheDaysOfThePage() async throws {
        let office = try office()
        try await office.serving { process in
            let accountant = try await process.visitor(.accountant)
            let page = try await accountant.get("/management?from=2026-11-20&to=2026-11-22")
            let file = try await accountant.get(try #require(page.links(to: "/management.csv").first))
            #expect(file.header("Content-Type") == "text/csv; charset=utf-8; header=present")
            #expect(
                file.header("Content-Disposition") == "attachment; filename=\"earned-2026-11-20-2026-11-22.csv\""
            )
            #expect(
                file.body.hasSuffix(
                    """
                    Day,Commissions,Rewards,Earned\r
                    2026-11-20,15.00,40.00,-25.00\r
                    2026-11-21,0.00,0.00,0.00\r
                    2026-11-22,15.00,0.00,15.00\r

                    """
                )
            )
        }
    }

    @Test func aSpreadsheetCalculatesNothingOfATextOfAFile() {
        func text(_ cell: CSVTable.Cell) -> String { CSVTable(head: [], rows: [[cell]]).text }
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\u{FF1D}1"] {
            #expect(text(.text(formula)) == "\r\n'\(formula)\r\n")
        }
        #expect(text(.text("=HYPERLINK(\"x\",\"y\")")) == "\r\n\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"\r\n")
        #expect(text(.number("-12.40")) == "\r\n-12.40\r\n")
        #expect(text(.text("a,b\nc")) == "\r\n\"a,b\nc\"\r\n" && text(.text("")) == "\r\n\r\n")
    }
}
