import HTTPTesting
import Foundation
import PageKit
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import PerchConsole

@Suite struct AuditPageTests {
    /// Writes so many records, the newest last.
    private func write(_ count: Int, by name: String, _ target: String, in console: ConsoleSystem) async throws {
        _ = try await console.database.execute(
            """
            INSERT INTO perch.operations (at, operator, action, group_name, target, details)
            SELECT timestamptz '2026-11-30 12:00:00Z' + n * interval '1 minute', \(name), 'pause', 'shipping',
                \(target) || ' ' || n, jsonb_build_object('number', n)
            FROM generate_series(1, \(count)) AS n
            """
        )
    }

    @Test func whatOneOperationDidIsListedAndAViewerCannotGuessAtDetails() async throws {
        try await withConsole({ $0.tokenRole = .viewer }) { console in
            let id = "019ad2f0-7b3c-7e41-9d0a-5f2f9f3c1a77"
            _ = try await console.database.execute(
                """
                INSERT INTO perch.operations (operator, action, group_name, target, details)
                VALUES ('ann', 'pause', 'shipping', 'of the operation', jsonb_build_object('operation', \(id)::text, 'note', 'secret')),
                    ('ann', 'pause', 'shipping', 'of another', '{}')
                """
            )
            let cookie = try await console.client.login()
            let page = try await console.client.get("/audit?operation=\(id)", cookie: cookie)
            #expect(page.said.contains("of the operation") && !page.said.contains("of another"), "\(page.said)")
            let guess = try await console.client.get("/audit?text=secret", cookie: cookie)
            #expect(!guess.said.contains("of the operation"), "\(guess.said)")
            #expect(try await console.client.get("/audit?operation=17", cookie: cookie).status == 422)
        }
    }

    @Test func recordsAreListedNewestFirstFiftyAPage() async throws {
        try await withConsole { console in
            let cookie = try await console.client.login()
            #expect(
                try await console.client.get("/audit", cookie: cookie).words.contains("Nobody has changed anything")
            )
            try await write(60, by: "eve@there", "target <script>", in: console)
            let page = try await console.client.get("/audit", cookie: cookie)
            #expect(page.words.contains("target <script> 60") && page.words.contains("target <script> 11 "))
            #expect(!page.words.contains("target <script> 10 ") && !page.body.contains("target <script>"))
            let older = try #require(
                page.body.components(separatedBy: "href=\"/audit?before=").dropFirst().first?.split(separator: "\"")
                    .first
            )
            let rest = try await console.client.get("/audit?before=\(older)", cookie: cookie)
            #expect(rest.words.contains("target <script> 10 ") && rest.words.contains("target <script> 1 "))
            #expect(!rest.words.contains("target <script> 11 "))
        }
    }

    @Test func aFilterChoosesRecordsOnThePageAndInTheFile() async throws {
        try await withConsole { console in
            let cookie = try await console.client.login()
            try await write(2, by: "=cmd|' /C calc'!A0", "a \"quoted\", target", in: console)
            try await write(1, by: "ann@here", "other", in: console)
            let page = try await console.client.get("/audit?text=quoted", cookie: cookie)
            #expect(page.words.contains("quoted") && !page.words.contains("other 1"))
            #expect(page.body.contains("/audit.csv?text=quoted"))
            let file = try await console.client.get("/audit.csv?text=quoted", cookie: cookie)
            #expect(file.status == 200 && file.header("Content-Type")?.hasPrefix("text/csv") == true)
            #expect(file.header("Content-Disposition")?.contains("attachment") == true)
            let lines = file.body.components(separatedBy: "\r\n").filter { $0.contains("calc") }
            #expect(lines.count == 2)
            #expect(lines.allSatisfy { $0.contains(",'=cmd|' /C calc'!A0,") })
            #expect(lines.allSatisfy { $0.contains("\"a \"\"quoted\"\", target") })
            let wrong = try await console.client.get("/audit?since=soon", cookie: cookie)
            #expect(wrong.status == 422 && wrong.words.contains("Since: expected a time"))
            #expect(try await console.client.get("/audit?before=shop/999", cookie: cookie).status == 404)
            #expect(try await console.client.get("/audit.csv?who=eve", cookie: cookie).status == 400)
        }
    }

    @Test(arguments: [
        ("=cmd", "'=cmd"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("a=b", "a=b"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""), ("=\"a\"", "\"'=\"\"a\"\"\""),
        ("two\nlines", "\"two\nlines\""), ("", ""), ("＝1", "'＝1"),
    ])
    func noCellIsTakenForAFormulaOrForSeveral(text: String, cell: String) {
        #expect(AuditFile.cell(text) == cell)
    }
}
