import Foundation
import Perch
import PerchDocuments
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import PerchCLI

/// What others wrote is shown on a terminal, and not performed by it.
struct ShownTests {
    /// ESC, a C1 control, bidirectional controls, ends of lines and of paragraphs, DEL, an invisible character, a tag.
    static let hostile = "a\u{1B}]0;pwned\u{7}\u{9B}31m\u{202E}\u{2066}\u{2028}\u{2029}\u{7F}\u{200B}\u{E0041}\r\nb"

    /// What a terminal would perform, or show as something else.
    static func performed(_ text: String) -> [Unicode.Scalar] {
        text.unicodeScalars.filter { scalar in
            let categories: [Unicode.GeneralCategory] = [.control, .format, .lineSeparator, .paragraphSeparator]
            return scalar != "\n" && scalar != "\t" && categories.contains(scalar.properties.generalCategory)
        }
    }

    @Test func whatATerminalWouldPerformIsWrittenOut() {
        let (escapes, lines) = ("\u{1B}[2J \u{9B}1m \u{202E}", "one\ntwo\tthree\u{2028}")
        #expect(Shown(escapes) == #"\u{1b}[2J \u{9b}1m \u{202e}"#)
        #expect(Shown(lines) == #"one\u{a}two\u{9}three\u{2028}"#)
        #expect(Shown(lines: "one\r\ntwo\tthree\u{2028}") == "one\ntwo\tthree\\u{2028}")
        #expect(Shown("żółw, 亀, 🐢, é") == "żółw, 亀, 🐢, é", "what is read stays")
        #expect(Shown(bytes: [0x61, 0xFF, 0xC3, 0x28, 0xE2, 0x82]) == #"a\x{ff}\x{c3}(\x{e2}\x{82}"#)
        #expect(Self.performed(Shown(Self.hostile).text).isEmpty)
    }

    @Test func onlyLiteralsAreTakenAsTheyAre() {
        let name = "x\u{1B}[2J"
        let shown: Shown = "\u{1B}[31m\(name)\u{1B}[0m"
        #expect(shown.text == "\u{1B}[31mx\\u{1b}[2J\u{1B}[0m")
        let again: Shown = "<\(shown)>"
        #expect(again.text == "<\(shown.text)>", "what is harmless is not escaped twice")
    }

    @Test func jsonStaysTheSameValue() throws {
        let text = try JSONOutput.text(["key": Self.hostile])
        let shown = Shown(json: text)
        #expect(Self.performed(shown.text).isEmpty)
        #expect(try JSONDecoder().decode([String: String].self, from: Data(shown.text.utf8)) == ["key": Self.hostile])
        #expect(shown.text.contains(#"\u009b"#) && shown.text.contains(#"\udb40\udc41"#))
        // As a publisher by SQL may have laid it out.
        let wide = Shown(json: "{\r\n\t\"key\":\r\"a\"}")
        #expect(try JSONDecoder().decode([String: String].self, from: Data(wide.text.utf8)) == ["key": "a"])
    }

    @Test func aTableIsAsWideAsWhatIsShown() {
        var table = Table([.init(header: "KEY", isCuttable: true), .init(header: "N", isRight: true)])
        table.add([Table.Cell(Self.hostile), "1"])
        table.add(["b", "22"])
        for screen in [Screen(width: nil), Screen(width: 30)] {
            let lines = table.text(screen).text.split(separator: "\n")
            #expect(lines.count == 3 && Set(lines.map(\.count)).count == 1, "\(lines)")
            #expect(Self.performed(table.text(screen).text).isEmpty)
        }
    }

    /// By construction: there is one way out, and it takes nothing but `Shown`.
    @Test func nothingIsPrintedPastTheConsole() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let sources = tests.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources/Programs/perch")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var count = 0
        let ways: [Regex<Substring>] = [
            /(?:^|[^.\w])(?:print|debugPrint|dump|puts|fputs|printf|vprintf|fwrite|write)\(/,
            /FileHandle\.standard(?:Output|Error)/, /\b(?:stdout|stderr|FileDescriptor)\b/,
        ]
        for case let file as URL in files where file.pathExtension == "swift" {
            count += 1
            guard file.lastPathComponent != "Console.swift" else { continue }
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                // A listing is given its way out; and what is written into a new package is no code of ours.
                let name = file.lastPathComponent
                let isOwn =
                    ["FailedListing.swift", "NewPackage+Sources.swift"].contains(name) && line.contains("print(")
                #expect(isOwn || !ways.contains { line.contains($0) }, "\(file.lastPathComponent): \(line)")
            }
        }
        #expect(count > 40)
    }

    @Test func whereTheOutputCannotBeWrittenItEndsWithAWord() throws {
        let process = try Tool.process(["manual"], environment: [:])
        let said = Pipe()
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: "/dev/full"))
        process.standardError = said
        try process.run()
        let text = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 1)
        #expect(text.hasPrefix("perch: cannot write the output: ") && text.split(separator: "\n").count == 1)
    }

    /// Numbers and strings are those of the publisher, to the letter.
    @Test func theDataOfAnEventIsOneLineOfJSON() throws {
        let wide = "\r\n{\n\t\"a\" : [ 1.50 ,\r-0e7\n] ,\n \"b c\" :\t\"x \\\" y\\\\\" }\n"
        #expect(try EventDocument.value(Array(wide.utf8)) == #"{"a":[1.50,-0e7],"b c":"x \" y\\"}"#)
        #expect(try EventDocument.value(Array("{ \"a\"\n".utf8)) == #""{ \"a\"\n""#, "no JSON is a string, all of it")
    }

    @Test func whatAPublisherLaidOutOverLinesIsPrintedInOne() async throws {
        try await withShop { shop in
            let data = "{\n\t\"order\" : \"a b\",\r\n  \"count\": 1\n}\n"
            try await shop.database.execute(
                """
                INSERT INTO perch.outbox (topic, type, key, data)
                VALUES ('orders', 'order_counted', 'a b', \(JSON(text: data)))
                """
            )
            try await shop.relaying {
                try await eventually("it is in the stream") {
                    try await shop.journeys.trace(key: "a b", limit: 1).journeys.first?.event.seenIn == [.log, .stream]
                }
            }
            try await shop.database.execute(
                """
                INSERT INTO perch.failed_events (group_name, topic, partition, position, entry_id, event_id, type, version,
                    subject, time, source, payload, original_payload, state, error)
                SELECT 'shipping', topic, partition, position, '1-1', event_id, type, version, key, time, 'shop',
                    convert_to(data::text, 'UTF8'), convert_to(data::text, 'UTF8'), 'dead', 'no'
                FROM perch.log
                """
            )
            let entry = try #require(
                try await shop.journeys.trace(key: "a b", limit: 1).journeys.first?.event.entryID
            )
            let commands = [
                ["tail", "orders", "--from", "beginning", "--limit", "1"], ["show", "orders", "\(entry)"],
                ["trace", "a b"], ["failed", "show", "1"], ["failed", "list"],
            ]
            for command in commands {
                let result = try Tool.run(command + ["--json"], environment: shop.environment())
                #expect(result.out.contains(#"{"order":"a b","count":1}"#), "\(command): \(result)")
                if command.first != "failed" || command.last != "list" {
                    #expect(result.out.split(separator: "\n").count == 1, "\(command): \(result)")
                }
                #expect(throws: Never.self) { try result.json() }
            }
        }
    }

    @Test func noKeyTypeDataOrErrorReachesATerminalUnescaped() async throws {
        try await withShop { shop in
            try await shop.publishHostile()
            _ = try await shop.database.execute(
                """
                INSERT INTO perch.failed_events (group_name, topic, partition, position, entry_id, event_id, type, version,
                    subject, time, traceparent, source, payload, state, error)
                SELECT 'shipping', topic, partition, position, '1-1', event_id, \(Self.hostile), 1, key, time, \(Self.hostile),
                    \(Self.hostile), convert_to(data::text, 'UTF8') || '\\xff'::bytea, 'dead', \(Self.hostile)
                FROM perch.log
                """
            )
            _ = try await shop.database.execute(
                """
                INSERT INTO perch.workers (worker, group_name, host, pid, expires_at)
                VALUES (\(Self.hostile), 'shipping', \(Self.hostile), 1, clock_timestamp() + interval '1 minute')
                """
            )
            let entry = try #require(
                try await shop.journeys.trace(key: Self.hostile, limit: 1).journeys.first?.event.entryID
            )
            let commands: [[String]] = [
                ["failed"], ["failed", "show", "1"], ["trace", Self.hostile], ["show", "orders", "\(entry)"],
                ["tail", "orders", "--from", "beginning", "--limit", "1"], ["workers"], ["groups"],
                ["groups", "describe", "shipping"], ["topics", "describe", "orders"], ["doctor", "--all"],
            ]
            for command in commands {
                for arguments in [command, command + ["--json"]] {
                    let result = try Tool.run(arguments, environment: try shop.environment())
                    #expect(Self.performed(result.out + result.error).isEmpty, "\(arguments): \(result)")
                }
            }
            for command in commands.prefix(6) {
                let result = try Tool.run(command, environment: try shop.environment())
                #expect(result.out.contains(#"a\u{1b}]0;pwned"#), "\(command): \(result)")
            }
            let mistakes: [[String]] = [
                ["trace", "no" + Self.hostile], ["tail", Self.hostile], [Self.hostile], ["failed", Self.hostile],
                ["groups", Self.hostile], ["topics", "--" + Self.hostile],
                ["replay", "shipping", "orders", "--from", Self.hostile],
                ["check", "--streams", Self.hostile], ["topics", "--context", Self.hostile],
                ["publish", "orders", "order_counted", "--key", Self.hostile, "--data", "{}", "--dry-run"],
                ["failed", "discard", "--all", "--reason", Self.hostile],
            ]
            for arguments in mistakes {
                let result = try Tool.run(arguments, environment: try shop.environment())
                #expect(
                    result.code != 0 && Self.performed(result.out + result.error).isEmpty,
                    "\(arguments): \(result)"
                )
            }
        }
    }
}

extension Shop {
    /// One event, in log and stream, whose key and data would command a terminal.
    func publishHostile() async throws {
        try await publish([OrderCounted(order: ShownTests.hostile, count: 1)])
        try await relaying {
            try await eventually("it is in the stream") {
                try await journeys.trace(key: ShownTests.hostile, limit: 1).journeys.first?.event.seenIn == [
                    .log, .stream,
                ]
            }
        }
    }
}
