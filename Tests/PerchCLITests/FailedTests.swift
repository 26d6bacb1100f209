import ArgumentParser
import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import PerchCLI

/// `perch failed`: on real servers, as a process where a person would start one.
@Suite(.serialized) struct FailedTests {
    @Test func aDeadLetterIsFoundShownCorrectedAndThenTakesEffect() async throws {
        try await withShop { shop in
            try await shop.running(RefuseUnlucky()) {
                try await shop.publish([OrderCounted(order: "a", count: 13), OrderCounted(order: "a", count: 14)])
                try await shop.publish([OrderCounted(order: "b", count: 1)])
                try await eventually("one is dead and one held") { try await shop.counts() == [.dead: 1, .held: 1] }
                let list = try shop.perch("failed", "list", "--key", "a", "--state", "dead")
                #expect(list.code == 0 && list.out.contains("13 is unlucky") && list.out.contains("1 dead letter."))
                let listed = try #require(try shop.perch("failed", "--json").json()["events"] as? [[String: Any]])
                #expect(listed.compactMap { $0["state"] as? String } == ["dead", "held"])
                let id = try #require(listed[0]["id"] as? String)
                #expect(id.hasPrefix("shipping/"))
                let shown = try shop.perch("failed", "show", id)
                #expect(shown.out.contains("dead; 1 event of its key behind it"), "\(shown.out)")
                #expect(shown.out.contains("\"count\": 13"), "the payload in full")
                let held = try #require(listed[1]["id"] as? String)
                let refused = try shop.perch("failed", "retry", held, "--yes")
                #expect(refused.code == 1 && refused.error.contains("\(held) is held behind \(id)"), "\(refused.error)")

                let wrong = try shop.perch("failed", "retry", id, "--payload", "-", "--yes", input: #"{"order":"a"}"#)
                #expect(wrong.code == 1 && wrong.error.contains("count: expected"), "\(wrong.error)")
                #expect(try await shop.counts() == [.dead: 1, .held: 1])
                let data = #"{"order":"a","count":7}"#
                let right = try shop.perch("failed", "retry", id, "--payload", "-", "--yes", "--by", "eve", input: data)
                #expect(right.code == 0 && right.out.contains("the original is kept"), "\(right)")
                try await eventually("all took effect") { try await shop.counts().isEmpty }
                #expect(try await shop.handled(of: "a") == [7, 14], "in order, the corrected one first")
                let gone = try shop.perch("failed", "show", id)
                #expect(gone.code == 1 && gone.error.contains("there is no failed event \(id), or no longer"))
            }
            let record = try await shop.database.query(
                """
                SELECT operator || ': ' || convert_from(decode(details->>'original_payload', 'base64'), 'UTF8') AS r
                FROM perch.operations WHERE action = 'retry_corrected'
                """
            ) { try $0.decode("r", as: String.self) }
            #expect(record == [#"eve: {"order":"a","count":13}"#])
        }
    }

    @Test func eachConditionChoosesAndAllTogetherMustHold() async throws {
        try await withShop { shop in
            try await shop.fail(12)
            let cases: [(arguments: [String], count: Int)] = [
                ([], 12), (["--key", "order-3"], 1), (["--topic", "orders"], 12), (["--topic", "orders:1"], 3),
                (["--type", "order_counted"], 12), (["--type", "removed"], 0), (["--error", "NO STOCK"], 12),
                (["--error", "50%_"], 0), (["--state", "dead"], 12), (["--state", "held", "--state", "failed"], 0),
                (["--older-than", "5h"], 7), (["--newer-than", "5h"], 5),
                (["--key", "order-3", "--older-than", "5h"], 0), (["--group", "shipping"], 12),
            ]
            for (arguments, count) in cases {
                let selection = try FailedSelection.parse(arguments)
                let choice = try #require(try selection.choices([], in: try shop.connections()).first)
                #expect(choice.group == "shipping")
                let failed = FailedEvents(shop.database, of: "shipping")
                #expect(try await failed.count(filter: choice.filter) == count, "\(arguments)")
                #expect(try await failed.list(filter: choice.filter).count == count, "\(arguments)")
                let retried = try await failed.retry(filter: choice.filter, by: "ann")
                #expect(retried.count == count, "\(arguments)")
                _ = try await shop.database.execute("UPDATE perch.failed_events SET state = 'dead'")
            }
        }
    }

    @Test func nothingIsChangedWhereItIsNotSaidWhatOrNobodyConfirms() async throws {
        try await withShop { shop in
            try await shop.fail(3)
            let cases: [(arguments: [String], code: Int32, says: String)] = [
                (["retry"], 64, "which ones?"), (["retry", "--all", "--key", "a"], 64, "--all goes with"),
                (["retry", "--all"], 64, "Nobody can be asked here"), (["retry", "1", "--state", "held"], 64, "held"),
                (["retry", "1", "2", "--payload", "-"], 64, "exactly one id"), (["discard", "1"], 64, "--reason"),
                (["discard", "1", "--reason", " "], 64, "say why"), (["retry", "0"], 64, "GROUP/NUMBER"),
                (["retry", "shiping/1"], 64, "did you mean `shipping`?"), (["retry", "99", "-y"], 1, "no longer"),
                (["list", "--topic", "ordes"], 64, "did you mean `orders`?"),
                (["list", "--type", "order_conted"], 64, "did you mean `order_counted`?"),
                (["list", "--older-than", "5"], 64, "--older-than"),
            ]
            for (arguments, code, says) in cases {
                let result = try Tool.run(["failed"] + arguments, environment: shop.environment())
                #expect(result.code == code && result.error.contains(says), "\(arguments): \(result)")
            }
            let dry = try shop.perch("failed", "retry", "--all", "--dry-run")
            let said =
                "Would retry 3 dead letters of shipping.\nThese and none that fail from now on: --up-to shipping/3-"
            #expect(dry.code == 0 && dry.out.hasPrefix(said) && dry.out.hasSuffix("\n"), "\(dry)")
            #expect(Int64(dry.out.dropFirst(said.count).dropLast()) != nil, "the time of the count follows: \(dry)")
            for verb in [["retry"], ["discard", "--reason", "a test"]] {
                let command = ["failed"] + verb + ["shipping/1", "shipping/99", "--dry-run"]
                let result = try Tool.run(command, environment: shop.environment())
                #expect(result.code == 1, "\(result)")
                #expect(result.out == "Would \(verb[0]) 1 dead letter of shipping.\n")
                #expect(result.error.contains("1 id of those given is not there"), "\(result)")
            }
            #expect(try await shop.counts() == [.dead: 3])
            #expect(try await shop.operations().isEmpty)
        }
    }

    @Test func whatIsDiscardedIsKeptInItsRecordAndReleasesItsKey() async throws {
        try await withShop { shop in
            try await shop.running(RefuseUnlucky()) {
                try await shop.publish([OrderCounted(order: "a", count: 13), OrderCounted(order: "a", count: 14)])
                try await eventually("one is dead and one held") { try await shop.counts() == [.dead: 1, .held: 1] }
                let result = try shop.perch(
                    "failed",
                    "discard",
                    "--key",
                    "a",
                    "--state",
                    "dead",
                    "--reason",
                    "a test",
                    "-y"
                )
                #expect(result.code == 0 && result.out.contains("1 event discarded"), "\(result)")
                try await eventually("the held one took effect") { try await shop.handled(of: "a") == [14] }
            }
            let record = try await shop.database.query(
                """
                SELECT details->>'reason' || ': ' || convert_from(decode(details->>'payload', 'base64'), 'UTF8') AS r
                FROM perch.operations WHERE action = 'discard_failed'
                """
            ) { try $0.decode("r", as: String.self) }
            #expect(record == [#"a test: {"order":"a","count":13}"#])
        }
    }

    @Test func aRetryOfThousandsSaysHowFarItIsAndStopsAtCtrlC() async throws {
        try await withShop { shop in
            try await shop.fail(10_000)
            let process = try Tool.process(["failed", "retry", "--all", "--yes"], environment: shop.environment())
            let errors = Pipe()
            (process.standardError, process.standardOutput) = (errors, Pipe())
            // The third thousand has to wait, so that Ctrl-C comes while it is under way.
            let gate = try PostgresConnection(try shop.system.postgres)
            let lock = try gate.begin()
            try lock.execute(
                """
                SELECT FROM perch.failed_events
                WHERE id = (SELECT id FROM perch.failed_events ORDER BY id OFFSET 2500 LIMIT 1) FOR UPDATE
                """
            )
            try lock.flush()
            try process.run()
            var said = ""
            func readUntil(_ words: String) throws {
                while !said.contains(words) {
                    let more = errors.fileHandleForReading.availableData
                    try #require(!more.isEmpty, "it ended early: \(said)")
                    said += String(decoding: more, as: UTF8.self)
                }
            }
            try readUntil("retried 2,000 of 10,000\n")
            process.interrupt()
            try readUntil("stopping after the step at hand")
            lock.rollback()
            said += String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 1)
            let counts = try await shop.counts()
            let retried = counts[.failed] ?? 0
            // Before the third thousand is begun, or after it.
            #expect([2000, 3000].contains(retried) && counts[.dead] == 10_000 - retried)
            #expect(said.contains("stopped: \(Format.count(retried)) of 10,000 are retried and stay so"), "\(said)")
            // The same again goes on.
            let rest = try shop.perch("failed", "retry", "--all", "--yes", "--json")
            #expect(rest.code == 0)
            #expect(try rest.json()["changed"] as? Int == 10_000 - retried)
        }
    }

    @Test func anErrorThatWouldCommandATerminalIsShownHarmlessly() async throws {
        try await withShop { shop in
            try await shop.fail(1)
            _ = try await shop.database.execute(
                "UPDATE perch.failed_events SET error = \("one\u{1B}[2J\ntwo"), payload = \(Array("no json".utf8))"
            )
            #expect(try shop.perch("failed").out.contains("one\\u{1b}[2J two"))
            #expect(try shop.perch("failed", "show", "1").out.contains("one\\u{1b}[2J\ntwo"))
            let event = try #require(try shop.perch("failed", "show", "1", "--json").json()["event"] as? [String: Any])
            #expect(event["data"] as? String == "no json")
        }
    }
}

extension Shop {
    func publish(_ orders: [OrderCounted]) async throws {
        try await database.transaction { tx in try tx.publish(orders.map { Publication($0) }) }
    }

    func counts() async throws -> [FailedEvent.State: Int] { try await FailedEvents(database, of: "shipping").counts() }

    /// Dead letters, each of another key, one an hour ago, one two hours ago …
    func fail(_ count: Int, from first: Int = 1) async throws {
        _ = try await database.execute(
            """
            INSERT INTO perch.failed_events
                (group_name, topic, partition, position, entry_id, event_id, type, version, subject, time, payload, state, error,
                attempts, failed_at)
            SELECT 'shipping', 'orders', i % 4, i, '1-' || i, gen_random_uuid(), 'order_counted', 1, 'order-' || i, now(),
                convert_to('{"order":"order-' || i || '","count":' || i || '}', 'UTF8'), 'dead', 'no stock: 50% left', 12,
                clock_timestamp() - i * interval '1 hour' + interval '30 minutes'
            FROM generate_series(\(Int32(first)), \(Int32(first + count - 1))) AS i
            """
        )
    }
}

/// As `CountOnce`, but for 13.
struct RefuseUnlucky: EventHandler {
    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        if event.count == 13 { throw HandlerVerdict.reject("13 is unlucky") }
        try CountOnce().handle(event, delivery, in: tx)
    }
}
