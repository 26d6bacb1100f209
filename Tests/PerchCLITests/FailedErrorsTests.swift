import Foundation
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import PerchCLI

/// Failed events by their errors, the last first, and corrections of what somebody has looked at; on real servers.
@Suite(.serialized) struct FailedErrorsTests {
    @Test func errorsThatDifferInNumbersAndIDsAreOneLine() async throws {
        try await withShop { shop in
            try await shop.fail(6)
            _ = try await shop.database.execute(
                """
                UPDATE perch.failed_events SET error = CASE
                    WHEN id <= 3 THEN 'no account ' || gen_random_uuid() || ' after ' || id * 7 || ' s' || chr(10) || 'line ' || id
                    WHEN id = 4 THEN 'no account' ELSE '' END,
                    state = CASE WHEN id = 3 THEN 'failed' WHEN id > 4 THEN 'held' ELSE state END
                """
            )
            let failed = FailedEvents(shop.database, of: "shipping")
            let found = try await failed.errors()
            #expect(found.patterns.map(\.text) == ["no account … after … s", "no account"] && !found.isCut)
            let first = try #require(found.patterns.first)
            #expect(first.counts == [.dead: 2, .failed: 1] && first.newest == 3 && first.type == "order_counted")
            #expect(first.failedAt.lowerBound < first.failedAt.upperBound)
            #expect(try await failed.errors(limit: 1).isCut)
            #expect(try await failed.errors(depth: 3).isCut)

            let text = try shop.perch("failed", "errors", "shipping")
            #expect(text.code == 0 && text.out.contains("no account … after … s"), "\(text)")
            let json = try #require(try shop.perch("failed", "errors", "--json").json()["errors"] as? [[String: Any]])
            #expect(
                json.compactMap { $0["dead"] as? Int } == [2, 1] && json.first?["newest"] as? String == "shipping/3"
            )
            let retried = try shop.perch(
                "failed",
                "retry",
                "--error-pattern",
                "no account … after … s",
                "--state",
                "dead",
                "--yes",
                "--json"
            )
            #expect(try retried.json()["changed"] as? Int == 2, "\(retried)")
        }
    }

    @Test func theLastToFailCanBeListedFirstAndPageByPage() async throws {
        try await withShop { shop in
            try await shop.fail(5)
            let failed = FailedEvents(shop.database, of: "shipping")
            #expect(try await failed.list(order: .newestFirst, limit: 2).map(\.id) == [5, 4])
            #expect(try await failed.list(order: .newestFirst, limit: 9, after: 4).map(\.id) == [3, 2, 1])
            let listed = try #require(
                try shop.perch("failed", "list", "--newest", "--limit", "3", "--json").json()["events"]
                    as? [[String: Any]]
            )
            #expect(listed.compactMap { $0["id"] as? String } == ["shipping/5", "shipping/4", "shipping/3"])
        }
    }

    @Test func aCorrectionOfAnEventThatHasChangedIsRefused() async throws {
        try await withShop { shop in
            try await shop.fail(1)
            let failed = FailedEvents(shop.database, of: "shipping")
            let seen = try #require(try await failed.event(id: 1)).revision
            let (first, second) = (#"{"order":"order-1","count":2}"#, #"{"order":"order-1","count":3}"#)
            #expect(try await failed.retry(id: 1, payload: Array(first.utf8), by: "ann", ifRevision: seen) == .done)
            #expect(try await failed.retry(id: 1, payload: Array(second.utf8), by: "eve", ifRevision: seen) == .changed)
            let late = try shop.perch(
                "failed",
                "retry",
                "1",
                "--payload",
                "-",
                "--revision",
                seen.rawValue,
                "--yes",
                input: second
            )
            #expect(late.code == 1 && late.error.contains("shipping/1 has changed meanwhile"), "\(late)")
            let kept = try #require(try await failed.event(id: 1))
            #expect(kept.delivery.envelope.data == Array(first.utf8) && kept.revision != seen)
            #expect(try await shop.operations().count == 1)
            _ = try await shop.database.execute("UPDATE perch.failed_events SET attempts = attempts + 1")
            #expect(try await failed.event(id: 1)?.revision != kept.revision, "one more attempt")
            let shown = try shop.perch("failed", "show", "1", "--json").json()
            let right = try shop.perch(
                "failed",
                "retry",
                "1",
                "--payload",
                "-",
                "--revision",
                try #require(shown["revision"] as? String),
                "--yes",
                input: second
            )
            #expect(right.code == 0, "\(right)")
            #expect(try await failed.retry(id: 2, payload: Array(second.utf8), by: "eve", ifRevision: seen) == .gone)
        }
    }
}
