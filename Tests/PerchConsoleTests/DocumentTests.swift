import Foundation
import HTTPTesting
import LocalServers
import PerchConsole
import PerchTesting
import Testing

/// `PAGE.json`: the documents of `perch … --json`.
@Suite struct DocumentTests {
    private static func json(_ path: String, _ console: ConsoleSystem) async throws -> [String: Any] {
        let answer = try await console.client.get(path)
        #expect(answer.status == 200, "\(path): \(answer.said)")
        return try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any] ?? [:]
    }

    @Test func workersAndRelaysAreADocument() async throws {
        try await withConsole { console in
            try await console.running {
                var workers: [String: Any] = [:]
                try await eventually("they have come") {
                    workers = try await Self.json("/workers.json", console)
                    return (workers["workers"] as? [Any])?.isEmpty == false
                        && (workers["relays"] as? [Any])?.isEmpty == false
                }
                #expect(Set(workers.keys) == ["workers", "relays", "problems"])
                #expect(try await console.client.get("/workers").said.contains("active"))
            }
        }
    }

    @Test func whatTheDoctorFoundIsADocumentInPlainWords() async throws {
        try await withConsole({ $0.contractSource = ("streams", "flag") }) { console in
            var doctor: [String: Any] = [:]
            try await eventually("it has looked") {
                let answer = try await console.client.get("/doctor.json")
                guard answer.status == 200 else { return false }
                doctor = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any] ?? [:]
                return true
            }
            #expect(doctor["contract"] as? [String: String] == ["folder": "streams", "from": "flag"])
            let findings = try #require(doctor["findings"] as? [[String: Any]])
            #expect(!findings.isEmpty)
            for finding in findings { #expect((finding["advice"] as? String)?.contains("<") == false) }
        }
    }

    @Test func theOverviewIsADocument() async throws {
        try await withConsole { console in
            try await console.fail(1...3)
            var overview: [String: Any] = [:]
            try await eventually("the doctor has looked") {
                overview = try await Self.json("/overview.json", console)
                return overview["findings"] != nil && overview["dead"] as? Int == 3
            }
            #expect(overview["workers_alive"] as? Int == 0 && overview["workers_known"] as? Int == 0)
            #expect((overview["held_topics"] as? [String])?.isEmpty == true)
            let findings = try #require(overview["findings"] as? [[String: String]])
            #expect(findings.first?["severity"] == "problem" && findings.contains { $0["code"] == "dead-letters" })
            console.system.redis.stop()
            try await eventually("what Redis does not tell is left out") {
                overview = try await Self.json("/overview.json", console)
                return (overview["problems"] as? [[String: String]])?.first?["server"] == "Redis"
            }
            #expect(overview["dead"] as? Int == 3)
        }
    }

    @Test func operationsAreDocuments() async throws {
        try await withConsole { console in
            try await console.fail(1...2)
            let cookie = try await console.client.login()
            let asked = try await console.client.get("/failed/discard?state=dead", cookie: cookie)
            var fields = asked.hiddenFields(ofFormTo: "/failed/discard")
            fields += [("reason", "They were tests."), ("number", "2")]
            let begun = try await console.client.post("/failed/discard", fields, cookie: cookie)
            _ = try await console.ended(begun)
            let path = try #require(begun.header("Location"))
            let one = try await Self.json("\(path).json", console)
            #expect(one["state"] as? String == "done" && one["done"] as? Int == 2 && one["total"] as? Int == 2)
            #expect((one["ending"] as? String)?.hasPrefix("2 events discarded") == true, "\(one)")
            #expect((one["facts"] as? [[String: String]])?.contains { $0["value"] == "They were tests." } == true)
            let all = try await Self.json("/operations.json", console)
            let listed = try #require(all["operations"] as? [[String: Any]])
            #expect(listed.map { $0["id"] as? String } == [one["id"] as? String] && all["is_cut"] as? Bool == false)
            let none = try await console.client.get("/operations/0190f3a4-7d1c-7000-8000-000000000001.json")
            #expect(none.status == 404)
        }
    }

    @Test func theEventsOfOnePartitionOfSeveralAndOfATailAreDocuments() async throws {
        try await withConsole { console in
            try await console.publish(12)
            try await console.running {
                try await eventually("they are in Redis") {
                    let page = try await Self.json("/topics/orders/partitions/0.json", console)
                    return (page["events"] as? [Any])?.isEmpty == false && page["is_at_beginning"] as? Bool == true
                }
            }
            let filtered = try await Self.json("/topics/orders/events.json?partition=1", console)
            #expect(filtered["looked_at"] is Int)
            for path in ["/topics/orders/events.json", "/tail/orders.json"] {
                let all = try await Self.json(path, console)
                let counts = try #require(all["events"] as? [[String: Any]]).compactMap {
                    ($0["data"] as? [String: Any])?["count"] as? Int
                }
                #expect(counts.sorted() == Array(0..<12) && all["is_at_beginning"] as? Bool == true, "\(path)")
            }
            let chosen = try await Self.json("/tail/orders.json?field=count%3D7", console)
            #expect((chosen["events"] as? [Any])?.count == 1)
        }
    }

    @Test func whatGoesWrongWithADocumentIsAProblemDocument() async throws {
        try await withConsole { console in
            let wrong = [
                ("/topics/nothing.json", 404), ("/groups.json?color=red", 400), ("/settings.json", 404),
            ]
            for (path, status) in wrong {
                let answer = try await console.client.get(path)
                #expect(answer.status == status && answer.header("Content-Type") == "application/problem+json")
                let problem = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any] ?? [:]
                #expect(
                    problem["status"] as? Int == status && (problem["detail"] as? String)?.isEmpty == false,
                    "\(path)"
                )
                // People get a page.
                let page = try await console.client.get(path.replacing(".json", with: ""))
                #expect(page.header("Content-Type") == "text/html; charset=utf-8")
            }
        }
    }
}
