import Foundation
import Logging
import ServiceKit
import Testing
import Tracing

@Suite struct LogTests {
    @Test func aLineIsOneJSONObjectWhoseValuesKeepTheirTypes() throws {
        let text = try capturing { output in
            var logger = Logger(label: "popug.test") { JSONLogHandler(label: $0, output: output) }
            logger[metadataKey: "service"] = "tracker"
            logger.notice(
                "it \"happened\"\n",
                metadata: [
                    "count": .stringConvertible(42), "share": .stringConvertible(0.5),
                    "is_late": .stringConvertible(true),
                    "text": "42", "list": ["a", .stringConvertible(1)], "map": ["x": .stringConvertible(Int64(-1))],
                    "level": "forged", "bad": .stringConvertible(Double.nan),
                ]
            )
            logger.debug("too detailed")
        }
        #expect(text.hasSuffix("}\n") && text.split(separator: "\n").count == 1)
        let line = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(line["msg"] as? String == "it \"happened\"\n")
        #expect(line["level"] as? String == "notice", "a line's own keys cannot be forged")
        #expect(line["logger"] as? String == "popug.test" && line["service"] as? String == "tracker")
        #expect(text.contains(#""count":42,"#) && text.contains(#""share":0.5,"#) && text.contains(#""is_late":true,"#))
        #expect(
            text.contains(#""text":"42""#) && text.contains(#""list":["a",1]"#) && text.contains(#""map":{"x":-1}"#)
        )
        #expect(line["bad"] as? String == "nan")
        #expect(text.hasPrefix(#"{"ts":"20"#))
    }

    @Test func controlCharactersAreEscapedInBothFormats() throws {
        let hostile = "a\u{1B}[31m\r\nlevel=critical \u{202E}\u{7F}\0"
        let json = try capturing { output in
            Logger(label: "t") { JSONLogHandler(label: $0, output: output) }.error("x", metadata: ["v": "\(hostile)"])
        }
        let line = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(line["v"] as? String == hostile, "nothing is lost")
        #expect(!json.dropLast().contains { $0.isNewline || $0 == "\u{1B}" })
        let text = try capturing { output in
            Logger(label: "t") { TextLogHandler(label: $0, output: output) }
                .error("\(hostile)", metadata: ["v": "\(hostile)", "w": "a b"])
        }
        #expect(!text.dropLast().unicodeScalars.contains { $0.properties.generalCategory == .control })
        #expect(text.contains(#" w="a b""#) && text.contains(" ERROR    t: a\\u{1b}[31m"))
    }

    @Test func linesWithinASpanBearItsIds() throws {
        let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        var context = InstrumentationContext.topLevel
        context.traceContext = TraceContext(traceparent: header)
        let text = try capturing { output in
            let logger = Logger(label: "t") { JSONLogHandler(label: $0, output: output) }
            InstrumentationContext.$current.withValue(context) { logger.info("inside") }
            logger.info("outside")
        }
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].contains(#""span_id":"b7ad6b7169203331","trace_id":"0af7651916cd43dd8448eb211c80319c""#))
        #expect(!lines[1].contains("trace_id"))
    }

    @Test func linesOfManyThreadsDoNotMix() async throws {
        let pipe = Pipe()
        let output = LogOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let long = String(repeating: "x", count: 20_000)
        let reading = Task.detached { try pipe.fileHandleForReading.readToEnd() ?? Data() }
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    let logger = Logger(label: "t") { JSONLogHandler(label: $0, output: output) }
                    for line in 0..<20 { logger.info("line", metadata: ["n": "\(task)-\(line)", "long": "\(long)"]) }
                }
            }
        }
        try pipe.fileHandleForWriting.close()
        let lines = String(decoding: try await reading.value, as: UTF8.self).split(separator: "\n")
        let numbers = lines.compactMap {
            (try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["n"] as? String
        }
        #expect(Set(numbers).count == 160 && lines.count == 160)
    }

    @Test func withoutAFormatProgramsGetJSON() throws {
        let settings = try Settings.load(environment: ["LOG_LEVEL": "warning"])
        // Under test standard error may be a terminal; then a person reads along.
        let handler = settings.logHandlers("t")
        #expect(handler is JSONLogHandler == !LogOutput.standardError.isTerminal)
        #expect(handler.logLevel == .warning)
        #expect(try Settings.load(environment: ["LOG_FORMAT": "text"]).logHandlers("t") is TextLogHandler)
    }
}
