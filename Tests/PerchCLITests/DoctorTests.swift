import Foundation
import LocalServers
import Perch
import PerchDocuments
import PerchOperating
import PerchTesting
import Postgres
import Redis
import Testing

@testable import PerchCLI

/// What the doctor finds, as codes with facts; and that it says at once what stands.
@Suite(.serialized) struct DoctorTests {
    private func found(_ shop: Shop, _ code: String) async throws -> [Diagnosis] {
        try await shop.diagnosis.findings().filter { $0.code == code }
    }

    /// The codes, as programs know them, from the cases in the library.
    private static func codes() throws -> [String] {
        let source = try repository("Sources/Library/PerchOperating/Diagnosis/Diagnosis+Finding.swift")
        let cases = source.matches(of: /\n +case (\w+)/)
        return cases.map { match in
            match.1.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
        }
    }

    private static func repository(_ path: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    @Test func theDoctorNamesWhatIsWrongAndWhatToDo() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(4)
                try await shop.isProcessed(4)
                let well = try await shop.problems()
                #expect(well.isEmpty)
            }
            try shop.system.redis.cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
            try await shop.publish(1)
            _ = try await shop.database.execute("UPDATE perch.outbox SET time = time - interval '1 hour'")
            let newest = Int32(Migration.perch.count)
            _ = try await shop.database.execute(
                "DELETE FROM perch.migrations WHERE component = 'perch' AND version = \(newest)"
            )
            let found = try await shop.problems().joined(separator: "\n")
            let says = ["allkeys-lru", "nobody runs it", "wait in the outbox", "the schema perch is at version"]
            for words in says { #expect(found.contains(words), "\(words): \(found)") }
        }
    }

    @Test func everyCodeIsDocumented() throws {
        let page = try Self.repository("docs/perch-json.md")
        let codes = try Self.codes()
        #expect(codes.count > 40 && codes.contains("redis-evicts"))
        for code in codes { #expect(page.contains("`\(code)`"), "\(code)") }
    }

    @Test func aFindingIsACodeWithTypedFacts() throws {
        let behind = Diagnosis.Finding.groupBehind(
            group: "shipping",
            partition: Partition("orders", 2),
            lag: 7,
            oldest: .milliseconds(1500)
        )
        #expect(behind.code == "group-behind")
        #expect(
            behind.facts == [
                "group": .text("shipping"), "partition": .text("orders:2"), "lag": .number(7), "oldest": .seconds(1.5),
            ]
        )
        #expect(
            Diagnosis.Finding.redisPersists.code == "redis-persists" && Diagnosis.Finding.redisPersists.facts.isEmpty
        )
        let one = Diagnosis.Finding.redisEvicts(policy: "allkeys-lru")
        #expect(one.code == "redis-evicts" && one.facts == ["policy": .text("allkeys-lru")])
        let memory = Diagnosis.Finding.redisMemory(usedBytes: 3, maximumBytes: nil)
        #expect(memory.facts == ["used_bytes": .number(3)], "what is not known is left out")
        let unowned = Diagnosis.Finding.partitionsUnowned(group: "g", partitions: [Partition("t", 0)])
        #expect(unowned.facts["partitions"] == .list(["t:0"]))
        let problem = ServerProblem(kind: .unreachable, service: "shop", address: "h", reason: "refused")
        #expect(Diagnosis.Finding.serverProblem(problem).code == "server-problem")
        #expect(
            problem.facts == [
                "kind": .text("unreachable"), "server": .text("Postgres of shop"), "service": .text("shop"),
                "address": .text("h"), "reason": .text("refused"),
            ]
        )
    }

    @Test func foreignEntriesAreCountedAndTheNewestIsNamed() async throws {
        try await withShop { shop in
            #expect(try await found(shop, "foreign-entries").isEmpty)
            _ = try await shop.database.execute(
                """
                INSERT INTO perch.foreign_entries (topic, partition, entry_id, fields, digest)
                SELECT 'orders', 1, '17-' || i, ARRAY['a', 'b']::bytea[], 'x' FROM generate_series(1, 3) AS i
                """
            )
            let finding = try #require(try await found(shop, "foreign-entries").first)
            #expect(finding.severity == .warning)
            #expect(finding.facts["count"] == .number(3) && finding.facts["newest"] == .text("17-3"))
            #expect(finding.facts["partition"] == .text("orders:1") && finding.facts["is_more"] == .flag(false))
            let said = try shop.perch("doctor")
            #expect(said.out.contains("3 entries in them that shop has not published"), "\(said)")
            let document = try shop.perch("doctor", "--json").json()
            let findings = try #require(document["findings"] as? [[String: Any]])
            let told = try #require(findings.first { $0["code"] as? String == "foreign-entries" })
            #expect((told["facts"] as? [String: Any])?["count"] as? Int == 3)
            #expect((document["contract"] as? [String: Any])?["from"] as? String == "environment")
        }
    }

    @Test func aPartitionWhoseNextEntryIsMissingIsNamedAtOnce() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(40)
                try await shop.isProcessed(40)
            }
            try await shop.relaying {
                try await shop.publish(40)
                try await eventually("all are in the streams") { try await shop.status.topics()[0].events == 80 }
            }
            #expect(try await found(shop, "entry-missing").isEmpty)
            let partition = try #require(
                try await shop.status.groups()[0].status.partitions.first { ($0.lag ?? 0) >= 2 }
            )
            let next = try #require(partition.nextEntry)
            try shop.system.redis.cli("XDEL", "\(partition.partition)", "\(next)")
            let finding = try #require(try await found(shop, "entry-missing").first)
            #expect(finding.severity == .problem && finding.facts["partition"] == .text("\(partition.partition)"))
            #expect(finding.facts["checkpoint"] == partition.checkpoint.map { .text("\($0)") })
            let said = try shop.perch("doctor")
            #expect(said.code == 1)
            #expect(said.out.contains("stands: the entry after the checkpoint"), "\(said)")
        }
    }

    @Test func aPartitionWithoutAnOwnerIsAProblemWhereEventsWait() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(8)
                try await shop.isProcessed(8)
            }
            try await shop.relaying {
                try await shop.publish(12)
                try await eventually("all are in the streams") { try await shop.status.topics()[0].events == 20 }
            }
            // Somebody lives, and holds nothing.
            _ = try await shop.database.execute(
                "UPDATE perch.leases SET expires_at = clock_timestamp() - interval '1 minute'"
            )
            _ = try await shop.database.execute(
                """
                INSERT INTO perch.workers (worker, group_name, host, pid, heartbeat_at, expires_at)
                SELECT 'h-1-a/0', 'shipping', 'h', 1, t, t FROM (SELECT clock_timestamp() + interval '1 hour' AS t) AS later
                """
            )
            let waiting = try await shop.status.groups()[0].status.partitions.filter { ($0.lag ?? 0) > 0 }
            let findings = try await found(shop, "partition-unowned")
            #expect(
                findings.map { $0.facts["partition"] } == waiting.map { .text("\($0.partition)") }
                    && findings.allSatisfy { $0.severity == .problem }
            )
            #expect(!findings.isEmpty)
        }
    }

    @Test func aRelayThatStandsIsToldFromOneThatMoves() async throws {
        try await withShop { shop in
            try await shop.publish(1)
            let outbox = try #require(try await found(shop, "outbox-stands").first)
            #expect(outbox.severity == .problem && outbox.facts["waiting"] == .number(1))
            // Positions are given, and Redis takes nothing.
            _ = try await shop.database.execute("UPDATE perch.outbox SET is_checked = true")
            _ = try await shop.database.execute("SELECT * FROM perch.assign_positions(100, ARRAY[]::text[])")
            let standing = try #require(try await found(shop, "relay-stands").first)
            #expect(standing.severity == .problem && standing.facts["given"] == .number(1))
            try shop.system.redis.cli("CONFIG", "SET", "maxmemory", "1")
            let full = try #require(try await found(shop, "redis-full").first)
            #expect(full.severity == .problem)
            try shop.system.redis.cli("CONFIG", "SET", "maxmemory", "0")
            try await shop.relaying {
                try await eventually("it is appended") { try await shop.status.topics()[0].events == 1 }
            }
            let codes = Set(try await shop.diagnosis.findings().map(\.code))
            #expect(codes.isDisjoint(with: ["outbox-stands", "relay-stands", "stream-behind", "redis-full"]))
        }
    }

    @Test func aNodeOfAClusterIsRefusedByName() async throws {
        let redis = try LocalRedis(settings: ["cluster-enabled": "yes"])
        try redis.start()
        defer { redis.stop() }
        var system = SystemConnections(contract: Samples.contract, redis: nil, databases: [:])
        system.redis = try .init(url: redis.url)
        let findings = try await SystemDiagnosis(OperatedSystem(system)).findings()
        #expect(findings.contains { $0.code == "redis-is-cluster" && $0.severity == .problem })
    }

    @Test func theContractIsNamed() async throws {
        try await withShop { shop in
            let environment = try shop.environment()
            let folder = try #require(environment["STREAMS_DIR"])
            let said = try Tool.run(["doctor"], environment: environment)
            #expect(said.out.contains("by the contract \(folder) (STREAMS_DIR)."), "\(said)")
        }
    }

    @Test func activitiesThatPostgresDoesNotTrackAreNamed() async throws {
        try await withShop { shop in
            #expect(try await found(shop, "postgres-track-activities").isEmpty)
            // Of the relay's session alone: the doctor's own shows its activity.
            let session = try PostgresConnection(try shop.system.postgres)
            try session.execute("SET track_activities = off")
            _ = try session.execute(
                "INSERT INTO perch.relays (backend_pid, owner, host, pid, serves) VALUES (pg_backend_pid(), 'shop', 'h', 1, 1)"
            )
            let finding = try #require(try await found(shop, "postgres-track-activities").first)
            #expect(finding.severity == .warning && finding.facts["service"] == .text("shop"))
            #expect(FindingText(finding.finding).message.contains("track_activities is off"))
            _ = try session.execute("DELETE FROM perch.relays")
            #expect(try await found(shop, "postgres-track-activities").isEmpty)
        }
    }
}
