import ArgumentParser
import Foundation
import OperatorSettings
import Perch
import PerchOperating
import Postgres
import Redis
import Testing

@testable import PerchCLI

/// Where the commands find the system, and what they say of a wrong word.
struct SettingsTests {
    private func withFiles(config: String, _ body: (_ streams: String, _ config: String) throws -> Void) throws {
        let root = NSTemporaryDirectory() + "perch-settings-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root + "/streams", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let topic = """
            owner: shop
            key: order
            partitions: 4
            retention: {age: 7d, entries: 1000}
            archive: forever
            groups: [shipping]
            events:
              order_counted:
                versions:
                  1:
                    fields:
                      order: {type: string}
                      count: {type: integer}

            """
        try topic.write(toFile: root + "/streams/orders.yaml", atomically: true, encoding: .utf8)
        try config.write(toFile: root + "/config.yaml", atomically: true, encoding: .utf8)
        try body(root + "/streams", root + "/config.yaml")
    }

    private static let config = """
        current: one
        contexts:
          one:
            redis: redis://operator:s3cret@one:6379
            databases:
              shop: postgresql://shop:s3cret@one/shop
          two:
            redis: redis://operator:s3cret@two:6379
            namespace: shared
        """

    private func system(_ arguments: String..., environment: [String: String]) throws -> SystemConnections {
        try ConnectionOptions.parse(arguments).system(environment: environment)
    }

    @Test func aFlagGoesBeforeTheEnvironmentAndThatBeforeTheContext() throws {
        try withFiles(config: Self.config) { streams, config in
            let file = ["PERCH_CONFIG": config, "STREAMS_DIR": streams]
            let context = try system(environment: file)
            #expect(context.redis?.description == "redis://operator:***@one:6379")
            #expect(context.databases.keys.sorted() == ["shop"])
            let variables = file.merging(["REDIS_URL": "redis://three:6379"]) { $1 }
            #expect(try system(environment: variables).redis?.description == "redis://three:6379")
            let flag = try system("--redis", "redis://four:6379", environment: variables)
            #expect(flag.redis?.description == "redis://four:6379")
            let two = try system("--context", "two", environment: file)
            #expect(two.redis?.description == "redis://operator:***@two:6379")
            #expect(two.naming.namespace == "shared" && two.databases.isEmpty)
        }
    }

    @Test func everyServiceOfTheContractHasAVariable() throws {
        try withFiles(config: Self.config) { streams, _ in
            let system = try system(
                environment: [
                    "STREAMS_DIR": streams, "SHIPPING_DATABASE_URL": "postgresql://h/shipping", "HOME": "/nowhere",
                ]
            )
            #expect(system.databases.keys.sorted() == ["shipping"])
            #expect(system.services == ["shipping", "shop"])
            #expect(ServerProblem.variable(of: "ticket-money") == "TICKET_MONEY_DATABASE_URL")
        }
    }

    @Test func aWrongSettingIsNamedAndNoSecretIsRepeated() throws {
        let cases: [(config: String, arguments: [String], says: String)] = [
            (Self.config, ["--context", "twoo"], "did you mean `two`?"),
            (
                Self.config.replacing("redis: redis://operator", with: "reddis: redis://operator"), [],
                "did you mean `redis`?"
            ),
            (Self.config.replacing("contexts:", with: "context:"), [], "expected `contexts:`"),
            (Self.config.replacing("databases:", with: "databases: ["), [], "config.yaml:"),
            (Self.config.replacing("@one:6379", with: "@one:99999"), [], "port"),
            (Self.config, ["--database", "shp=postgresql://x:s3cret@h/d"], "did you mean `shop`?"),
        ]
        for (text, arguments, says) in cases {
            try withFiles(config: text) { streams, config in
                let environment = ["PERCH_CONFIG": config, "STREAMS_DIR": streams]
                let error = #expect(throws: SettingProblem.self) {
                    try ConnectionOptions.parse(arguments).system(environment: environment)
                }
                let message = error?.description ?? ""
                #expect(message.contains(says), "\(message)")
                #expect(!message.contains("s3cret"), "\(message)")
            }
        }
    }

    @Test func aMistypedTopicGetsTheNearestName() throws {
        let error = #expect(throws: SettingProblem.self) { try Names.topic("order", in: Samples.contract) }
        #expect(error?.description == "there is no topic `order`; the contract has orders; did you mean `orders`?")
        #expect(error?.code == Console.usage)
    }

    @Test func placesAreReadAsPeopleWriteThem() {
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        #expect(StreamPlace("beginning") == .beginning && StreamPlace("end") == .end)
        #expect(StreamPlace("1700-3") == .entry(EntryID(milliseconds: 1700, position: 3)))
        #expect(StreamPlace("15m", now: now) == .time(Timestamp(milliseconds: 1_699_999_100_000)))
        #expect(StreamPlace("2023-11-14T22:13:20Z") == .time(now))
        #expect(StreamPlace("2023-11-14") == .time(Timestamp(milliseconds: 1_699_920_000_000)))
        for wrong in ["", "yesterday", "15", "-5m", "2023-13-40", "1-2-3"] {
            #expect(StreamPlace(wrong) == nil, "\(wrong)")
        }
    }

    @Test func filtersMustAllHold() throws {
        func envelope(_ data: String) -> Envelope {
            Envelope(
                id: UUID(),
                source: "shop",
                type: "order_counted",
                version: 1,
                subject: "a",
                time: .now,
                data: Array(data.utf8)
            )
        }
        let filter = try EventFilter(
            topic: Samples.orders,
            types: ["order_counted"],
            key: "a",
            fields: ["order=x=y", "count=12"]
        )
        #expect(filter.matches(envelope(#"{"order":"x=y","count":12}"#)))
        #expect(!filter.matches(envelope(#"{"order":"x=y","count":13}"#)))
        #expect(!filter.matches(envelope(#"{"order":"x=y"}"#)))
        #expect(!filter.matches(nil))
        let error = #expect(throws: SettingProblem.self) {
            try EventFilter(topic: Samples.orders, types: [], key: nil, fields: ["cuont=1"])
        }
        #expect(error?.description.contains("did you mean `count`?") == true)
    }

    @Test func theCommandLineIsReadAsDocumented() throws {
        let replay = try #require(
            try PerchCommand.parseAsRoot([
                "replay", "shipping", "orders", "--from", "2h", "--partition", "1", "--dry-run",
            ])
                as? ReplayCommand
        )
        #expect(replay.group == "shipping" && replay.from == "2h" && replay.partition == 1 && replay.change.dryRun)
        #expect(try PerchCommand.parseAsRoot(["topics", "--json"]) is TopicsCommand.List)
        #expect(try PerchCommand.parseAsRoot(["groups", "describe", "shipping", "-w"]) is GroupsCommand.Describe)
        #expect(try PerchCommand.parseAsRoot(["pause", "shipping", "-y", "--by", "ann"]) is PauseCommand)
        for wrong in [
            ["replay", "g", "t"], ["replay", "g", "t", "--pending", "--from", "1m"], ["pending", "--limit", "-1"],
            ["topisc"], ["tail", "orders", "--limit", "0"], ["groups", "--watch", "--interval", "0"],
            ["groups", "--watch", "--interval", "nan"],
            ["partitions", "orders", "--to", "8", "--within", "\(Int.max)"],
        ] {
            let error = #expect(throws: (any Error).self) { try PerchCommand.parseAsRoot(wrong) }
            if let error { #expect(PerchCommand.exitCode(for: error) == Console.usage) }
        }
    }

    @Test func aMistypedCommandOrFlagGetsTheNearest() throws {
        let cases: [(arguments: [String], says: String)] = [
            (["faild"], "there is no command `faild`; did you mean `failed`?"),
            (["groups", "descrbe", "shipping"], "`groups descrbe`; did you mean `groups describe`?"),
            (["topics", "orders"], "there is no command `topics orders`. See `perch topics --help`"),
        ]
        for (arguments, says) in cases {
            let problem = Main.problem(of: arguments)
            #expect(problem?.contains(says) == true, "\(problem ?? "")")
        }
        for fine in [[], ["failed", "shipping"], ["failed", "retry", "1"], ["help", "failed"], ["--version"]] {
            #expect(Main.problem(of: fine) == nil, "\(fine)")
        }
        try withFiles(config: Self.config) { streams, config in
            let environment = ["PERCH_CONFIG": config, "STREAMS_DIR": streams]
            let lists: [(arguments: [String], says: String)] = [
                (
                    ["failed", "retyr"],
                    "there is neither a command `failed retyr` nor a group `retyr`; did you mean `retry`?"
                ),
                (["failed", "shiping"], "did you mean `shipping`?"), (["groups", "--jsno"], "--json"),
                (["failed", "retry", "shiping/1"], "did you mean `shipping`?"),
            ]
            for (arguments, says) in lists {
                let result = try Tool.run(arguments, environment: environment)
                #expect(result.code == 64 && result.error.contains(says), "\(arguments): \(result)")
            }
        }
    }
}
