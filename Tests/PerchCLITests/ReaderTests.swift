import Foundation
import LocalServers
import Perch
import PerchTesting
import Postgres
import Testing

@testable import PerchCLI

/// As somebody new meets the tool: what it says when something is wrong, and what to do.
@Suite(.serialized) struct ReaderTests {
    private func expect(
        _ arguments: [String],
        _ environment: [String: String],
        code: Int32,
        says: [String],
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let result = try Tool.run(arguments, environment: environment)
        #expect(result.code == code, "\(result)", sourceLocation: location)
        for words in says { #expect(result.error.contains(words), "\(words): \(result)", sourceLocation: location) }
        #expect(!(result.out + result.error).contains("s3cret"), "\(result)", sourceLocation: location)
        #expect(!(result.out + result.error).contains("\u{1B}"), "no colours in a pipe", sourceLocation: location)
    }

    @Test func eachThingThatIsWrongIsSaidWithWhatToDo() async throws {
        try await withShop { shop in
            let environment = try shop.environment()
            func with(_ name: String, _ value: String?) -> [String: String] {
                var changed = environment
                changed[name] = value
                return changed
            }
            let url = try #require(URLComponents(string: shop.system.databaseURL))
            var wrong = url
            (wrong.user, wrong.password) = ("nobody_such", "s3cret")
            let wrongURL = try #require(wrong.string)
            try expect(
                ["topics"],
                with("REDIS_URL", "redis://:s3cret@127.0.0.1:1"),
                code: 2,
                says: ["Redis: ", "127.0.0.1:1", "Start it, or correct REDIS_URL"]
            )
            try expect(
                ["groups"],
                with("REDIS_URL", shop.system.redis.url.replacing("redis://", with: "redis://operator:s3cret@")),
                code: 2,
                says: ["does not let us in", "Correct user and password of REDIS_URL"]
            )
            try expect(
                ["failed"],
                with("SHIPPING_DATABASE_URL", wrongURL),
                code: 2,
                says: ["Postgres of shipping: ", "correct"]
            )
            try expect(
                ["failed", "list"],
                with("SHIPPING_DATABASE_URL", nil),
                code: 2,
                says: ["Set SHIPPING_DATABASE_URL, or --database shipping=URL"]
            )
            try expect(["tail", "order"], environment, code: 64, says: ["did you mean `orders`?"])
            try expect(
                ["replay", "shiping", "orders", "--pending"],
                environment,
                code: 64,
                says: ["did you mean `shipping`?"]
            )
            try expect(
                ["replay", "shipping", "orders", "--from", "yesterday", "--key", "a"],
                environment,
                code: 64,
                says: ["--from: expected beginning, an entry id, a time"]
            )
            try expect(
                ["groups", "--context", "prod"],
                environment,
                code: 2,
                says: ["there is no config file", "in which the context `prod` could be"]
            )
            try expect(["faild"], environment, code: 64, says: ["there is no command `faild`; did you mean `failed`?"])
            try expect(
                ["groups"],
                with("STREAMS_DIR", "/nowhere"),
                code: 2,
                says: ["/nowhere"]
            )
        }
    }

    @Test func aWrongContextGetsTheNearestName() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("perch-reader-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let config = folder.appendingPathComponent("config.yaml")
        try "contexts:\n  production: {redis: 'redis://:s3cret@h:1'}\n  staging: {}\n"
            .write(to: config, atomically: true, encoding: .utf8)
        try expect(
            ["groups", "--context", "prodution"],
            ["PERCH_CONFIG": config.path],
            code: 2,
            says: ["has no context `prodution`; it has production, staging; did you mean `production`?"]
        )
    }

    @Test func noLineOfFailedEventsOrTimingsIsWiderThanTheTerminal() async throws {
        try await withShop { shop in
            try await shop.fail(30)
            for columns in ["80", "140"] {
                let environment = try shop.environment().merging(["COLUMNS": columns]) { $1 }
                for command in [["failed"], ["bench", "--rounds", "5"]] {
                    let result = try Tool.run(command, environment: environment)
                    let lines = result.out.split(separator: "\n")
                    #expect(lines.count > 7, "\(result)")
                    for line in lines.dropLast() { #expect(line.count <= Int(columns) ?? 0, "\(line)") }
                }
            }
        }
    }

    @Test func theBenchMeasuresEachServerAndLeavesNothingBehind() async throws {
        try await withShop { shop in
            let before = try await shop.number("SELECT count(*) AS n FROM pg_class")
            let result = try shop.perch("bench", "--rounds", "20", "--json")
            #expect(result.code == 0 || result.code == 1, "slow or not, that is the machine's")
            let timings = try #require(result.json()["timings"] as? [[String: Any]])
            #expect(
                Set(timings.compactMap { $0["server"] as? String }) == [
                    "Redis", "Postgres of shop", "Postgres of shipping",
                ]
            )
            #expect(timings.count == 10 && timings.allSatisfy { ($0["median_seconds"] as? Double ?? 0) > 0 })
            #expect(try shop.system.redis.cli("KEYS", "*").allSatisfy(\.isWhitespace))
            #expect(try await shop.number("SELECT count(*) AS n FROM pg_class") == before)
        }
    }
}
