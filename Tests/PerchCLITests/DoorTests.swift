import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Redis
import Testing

@testable import PerchCLI

/// What was refused, what was set aside, and a checkpoint that is nowhere: named at once, with what helps.
@Suite(.serialized) struct DoorTests {
    private func words(_ code: String, in shop: Shop) async throws -> FindingText? {
        try await shop.diagnosis.findings().first { $0.code == code }.map { FindingText($0.finding) }
    }

    @Test func refusedEventsAreListedShownCorrectedAndDiscarded() async throws {
        try await withShop { shop in
            #expect(try shop.perch("refused").out == "No refused events.\n")
            try await shop.running {
                for data in [#"{"order": "a", "count": -1}"#, #"{"order": "a", "count": 1, "count": 2}"#] {
                    try await shop.database.execute(
                        "INSERT INTO perch.outbox (topic, type, key, data) VALUES ('orders', 'order_counted', 'a', \(JSON(text: data)))"
                    )
                }
                try await eventually("both are refused") {
                    try await shop.number("SELECT count(*) AS n FROM perch.refused_events") == 2
                }
                let found = try #require(try await words("events-refused", in: shop))
                #expect(found.message.contains("2 events") && found.advice.contains("perch refused list shop"))

                let list = try shop.perch("refused", "list", "--json").json()
                let events = try #require(list["events"] as? [[String: Any]])
                #expect(events.map { $0["id"] as? String } == ["shop/1", "shop/2"])
                #expect((events[0]["reason"] as? String)?.contains("0 or more") == true)
                #expect(try shop.perch("refused").out.contains("2 refused events."))
                let shown = try shop.perch("refused", "show", "shop/1")
                #expect(shown.out.contains("0 or more") && shown.out.contains("orders:"))

                let wrong = try shop.perch("refused", "retry", "shop/1", "--data", "[1]", "--yes")
                #expect(wrong.code == 1 && wrong.error.contains("refused"))
                let retried = try shop.perch(
                    "refused",
                    "retry",
                    "shop/1",
                    "--data",
                    #"{"order": "a", "count": 4}"#,
                    "--yes",
                    "--by",
                    "ann"
                )
                #expect(retried.code == 0)
                try await eventually("it has taken effect") { try await shop.effects() == 1 }
                #expect(try shop.perch("refused", "retry", "shop/1", "--yes").code == 1, "it is there no more")
                #expect(
                    try shop.perch("refused", "discard", "shop/2", "--reason", "a test", "--yes", "--by", "ann").code
                        == 0
                )
            }
            #expect(
                try await shop.operations().suffix(2) == [
                    "ann retry_refused refused event 1", "ann discard_refused refused event 2",
                ]
            )
            #expect(try await words("events-refused", in: shop) == nil)
            #expect(try shop.perch("refused", "list", "nobody").code == 64)
        }
    }

    @Test(arguments: [Int64.min, 0, .max]) func anIDThatNothingHasIsNotFound(id: Int64) async throws {
        try await withShop { shop in
            let refused = try await RefusedEvents(shop.database).event(id: id)
            let foreign = try await ForeignEntries(shop.database).entry(id: id)
            let failed = try await FailedEvents(shop.database, of: "shipping").event(id: id)
            #expect(refused == nil && foreign == nil && failed == nil)
        }
    }

    @Test func foreignEntriesAreListedAndNamedByTheDoctor() async throws {
        try await withShop { shop in
            #expect(try shop.perch("foreign").out == "No foreign entries.\n")
            try await shop.running {
                try shop.system.redis.cli("XADD", "orders:2", "*", "hello", "wor\u{1B}ld")
                try await eventually("it is set aside") {
                    try await shop.number("SELECT count(*) AS n FROM perch.foreign_entries") == 1
                }
            }
            let found = try #require(try await words("foreign-entries", in: shop))
            #expect(found.message.contains("orders:2") && found.advice.contains("perch foreign shop"))
            let text = try shop.perch("foreign").out
            #expect(text.contains("hello") && text.contains("1 foreign entry") && !text.contains("\u{1B}"))
            let document = try shop.perch("foreign", "--json").json()
            let entry = try #require((document["entries"] as? [[String: Any]])?.first)
            #expect(entry["fields"] as? [String] == ["hello", "wor\u{1B}ld"])
            #expect(try shop.perch("foreign", "--show", "shop/1").out.contains("hello"))
            #expect(try shop.perch("foreign", "--show", "shop/9").code == 1)
        }
    }

    @Test func aListOfForeignEntriesIsShortWhateverTheyAreAndSaysWhereTheRestIs() async throws {
        try await withShop { shop in
            let large = String(repeating: "x", count: 100_000)
            try await shop.running {
                for number in 1...3 {
                    try shop.system.redis.cli("XADD", "orders:2", "*", "first\(number)", large, "second", large)
                }
                try await eventually("they are set aside") {
                    try await shop.number("SELECT count(*) AS n FROM perch.foreign_entries") == 3
                }
            }
            let text = try shop.perch("foreign")
            #expect(text.out.utf8.count < 5000, "\(text.out.utf8.count) bytes")
            #expect(text.out.contains("first1") && text.out.contains("perch foreign --show ID"))
            let listed = try shop.perch("foreign", "--json")
            #expect(listed.out.utf8.count < 5000, "\(listed.out.utf8.count) bytes")
            let entries = try #require(try listed.json()["entries"] as? [[String: Any]])
            for entry in entries {
                #expect(entry["bytes"] as? Int == 200_012 && entry["is_cut"] as? Bool == true)
                let fields = try #require(entry["fields"] as? [String])
                #expect(fields.count == 2 && fields[1].utf8.count > 100 && large.hasPrefix(fields[1]))
            }
            #expect(try listed.json()["is_cut"] as? Bool == false)
            let id = try #require(entries.last?["id"] as? String)
            let whole = try shop.perch("foreign", "--show", id, "--json").json()
            #expect(whole["fields"] as? [String] == ["first1", large, "second", large])
            #expect(whole["is_cut"] as? Bool == false)

            let page = try shop.perch("foreign", "--limit", "1")
            #expect(page.out.contains("2 more, see --limit"), "\(page.out)")
            #expect(try shop.perch("foreign", "--limit", "1", "--json").json()["is_cut"] as? Bool == true)
        }
    }

    @Test func rowsThatNoRelayWillEverTakeAreNamedByTheDoctorWithWhatFreesThem() async throws {
        try await withShop { shop in
            try await shop.relaying {
                // As whoever says of them that they were looked at, and has not.
                try await shop.database.execute(
                    """
                    INSERT INTO perch.outbox (topic, partition, type, key, data, is_checked)
                    VALUES ('ordres', 0, 'order_counted', 'a', '{}', true),
                        ('orders', 7, 'order_counted', 'a', '{}', true), ('orders', 7, 'order_counted', 'b', '{}', true)
                    """
                )
                try await shop.publish(12)
                try await eventually("all others are given") {
                    try await shop.number("SELECT count(*) AS n FROM perch.log") == 12
                }
                let found = try await shop.diagnosis.findings().filter { $0.code == "outbox-stranded" }
                #expect(found.map { $0.facts["partition"] } == [.text("orders:7"), .text("ordres:0")])
                #expect(found.map { $0.facts["waiting"] } == [.number(2), .number(1)])
                #expect(found.allSatisfy { $0.severity == .problem })
                let connection = try PostgresConnection(shop.system.postgres)
                for finding in found {
                    let advice = FindingText(finding.finding).advice
                    let command = try #require(advice.split(separator: "`").first { $0.hasPrefix("UPDATE") })
                    try connection.executeScript(String(command))
                }
                try await eventually("they are refused") {
                    try await shop.number("SELECT count(*) AS n FROM perch.refused_events") == 3
                }
            }
            #expect(try await words("outbox-stranded", in: shop) == nil)
        }
    }

    @Test func aDryRunLooksAndAVersionIsTakenAsItWasTyped() async throws {
        try await withShop { shop in
            try await shop.relaying {
                try await shop.database.execute(
                    "INSERT INTO perch.outbox (topic, type, key, data) VALUES ('orders', 'order_cuonted', 'a', '{}')"
                )
                try await eventually("it is refused") {
                    try await shop.number("SELECT count(*) AS n FROM perch.refused_events") == 1
                }
            }
            let retry = try shop.perch("refused", "retry", "shop/1", "--dry-run")
            #expect(retry.code == 0 && retry.out == "Would put shop/1 back into the outbox.\n", "\(retry)")
            let verbs: [(arguments: [String], would: String)] = [
                (["retry"], "Would put shop/1 back into the outbox.\n"),
                (["discard", "--reason", "a test"], "Would discard shop/1.\n"),
            ]
            for (arguments, would) in verbs {
                let command = ["refused"] + arguments + ["--dry-run", "shop/7", "shop/1", "shop/9"]
                let result = try Tool.run(command, environment: shop.environment())
                #expect(result.code == 1 && result.out == would, "\(result)")
                #expect(result.error.contains("there is no refused event shop/7, shop/9, or no longer"), "\(result)")
            }
            for version in ["0", "2147483648", "9223372036854775807"] {
                let retried = try shop.perch("refused", "retry", "shop/1", "--event-version", version, "--yes")
                let event = ["orders", "order_counted", "--key", "a", "--data", "{}"]
                let publish = ["publish"] + event + ["--event-version", version, "--yes"]
                let published = try Tool.run(publish, environment: shop.environment())
                for result in [retried, published] {
                    #expect(result.code == 64, "\(result)")
                    #expect(result.error.contains("--event-version: expected 1 to 2147483647; got \(version)"))
                }
            }
            var correction = RefusedEvent.Correction()
            correction.version = 2_147_483_648
            let (refused, asked) = (RefusedEvents(shop.database), correction)
            let problem = await #expect(throws: OperationRefused.self) {
                _ = try await refused.retry(id: 1, correction: asked, by: "ann")
            }
            #expect(problem?.reason == "the version is 2147483648, expected 1 to 2147483647")
            #expect(try await refused.count() == 1, "it is where it was")
        }
    }

    @Test func aCheckpointThatIsNoEntryOfTheLogIsNamedAtOnceWithTheCommandThatCuresIt() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(12)
                try await shop.isProcessed(12)
            }
            #expect(try await words("checkpoint-not-in-log", in: shop) == nil)
            // As after an entry that was handled and then taken away: the log has given its position to another.
            try await shop.database.execute(
                """
                UPDATE perch.checkpoints SET entry_id = (split_part(entry_id, '-', 1)::bigint + 100000) || '-' || position
                WHERE partition = (SELECT min(partition) FROM perch.checkpoints WHERE position > 1)
                """
            )
            let found = try #require(try await words("checkpoint-not-in-log", in: shop))
            #expect(found.message.contains("no entry of the log"))
            let command = try #require(found.advice.split(separator: "`").first).split(separator: " ").map(String.init)
            try #require(command.first == "perch" && command.contains("--from"))
            try await shop.running {
                let cured = try Tool.run(Array(command.dropFirst()) + ["--yes"], environment: shop.environment())
                #expect(cured.code == 0, "\(cured.error)")
                try await shop.publish(12)
                try await shop.isProcessed(24)
            }
            #expect(try await words("checkpoint-not-in-log", in: shop) == nil)
        }
    }

    @Test func aStreamThatIsAnotherKindOfKeyIsNamedAndTheOthersAreTold() async throws {
        try await withShop { shop in
            try shop.system.redis.cli("SET", "orders:1", "x")
            try await shop.running {
                try await shop.publish(12)
                let found = try #require(try await words("stream-in-trouble", in: shop))
                #expect(found.message.contains("orders:1") && found.advice.contains("DEL"))
                try await eventually("the others are read") {
                    let partitions = try await shop.status.groups()[0].status.partitions
                    return partitions.count { $0.lag == 0 && ($0.checkpoint?.position ?? 0) > 0 } == 3
                }
                try shop.system.redis.cli("DEL", "orders:1")
                try await shop.isProcessed(12)
            }
            #expect(try await words("stream-in-trouble", in: shop) == nil)
        }
    }

    @Test func theDoctorNamesACluster() async throws {
        try await withLocalRedis(settings: ["cluster-enabled": "yes"]) { redis in
            let system = SystemConnections(
                contract: Samples.contract,
                redis: try .init(url: redis.url),
                databases: [:],
                patience: .seconds(3600)
            )
            let findings = try await SystemDiagnosis(OperatedSystem(system)).findings()
            let found = try #require(findings.first { $0.code == "redis-is-cluster" })
            #expect(found.severity == .problem && FindingText(found.finding).advice.contains("{perch}"))
        }
    }
}
