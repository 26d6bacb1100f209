import Foundation
import HTTPTesting
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

    @Test func theEventsOfAPartitionAreADocumentAndThoseOfSeveralAreNone() async throws {
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
            let all = try await console.client.get("/topics/orders/events.json")
            #expect(all.status == 404 && all.body.contains("no document"))
        }
    }

    @Test func whatGoesWrongWithADocumentIsAProblemDocument() async throws {
        try await withConsole { console in
            let wrong = [
                ("/topics/nothing.json", 404), ("/groups.json?color=red", 400), ("/topics/orders/events.json", 404),
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
