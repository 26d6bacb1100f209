import ArgumentParser
import Foundation
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch topics`, `perch topics describe T`.
struct TopicsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics",
        abstract: "The topics: how much is in their streams, how fast they grow, and what waits in the outbox.",
        discussion: Help.flowing(
            """
            LENGTH counts the entries that the streams hold, EVENTS all that were ever appended; RATE is events a second
            over the last minute; WAITING is committed and not in a stream yet, OLDEST since when; DELAYED waits until it is
            due. HOLES are positions
            that a stream lacks: the owner's relay mends them.

            EXAMPLES
              perch topics
              perch topics --watch
              perch topics describe tickets
              perch topics --json | jq '.topics[] | {name, length}'

            EXIT CODES  0 fine · 2 a server or the contract could not be read · 64 wrong usage
            """
        ),
        subcommands: [List.self, Describe.self],
        defaultSubcommand: List.self
    )

    private static func shown(_ topics: [TopicStatus]) throws -> Shown {
        try JSONOutput.shown(TopicsDocument(topics, topics.problems.map(ProblemDocument.init)))
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "All topics, one a line.",
            usage: "perch topics [list] [<options>]"
        )
        @OptionGroup var connections: ConnectionOptions
        @OptionGroup var watching: WatchOptions
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            try await Console.run {
                let status = SystemStatus(OperatedSystem(try connections.system()))
                try await Console.watch(watching) {
                    let topics = try await status.topics()
                    if json {
                        Console.out(try TopicsCommand.shown(topics))
                    } else {
                        Console.out(TopicsTable.text(topics, .current()))
                    }
                    if let code = Console.report(topics.problems) { throw code }
                }
            }
        }
    }

    struct Describe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "describe",
            abstract: "One topic: what the contract says of it, and each partition.",
            usage: "perch topics describe <topic> [<options>]"
        )
        @Argument(help: "The topic.", completion: .none) var topic: String
        @OptionGroup var connections: ConnectionOptions
        @OptionGroup var watching: WatchOptions
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            try await Console.run {
                let system = try connections.system()
                let topic = try Names.topic(topic, in: system.contract)
                let status = SystemStatus(OperatedSystem(system))
                try await Console.watch(watching) {
                    let topics = try await status.topics(only: topic.name)
                    if json {
                        Console.out(try TopicsCommand.shown(topics))
                    } else {
                        Console.out(topics.map { TopicsTable.description(of: $0, .current()) }.joined())
                    }
                    if let code = Console.report(topics.problems) { throw code }
                }
            }
        }
    }
}

/// Topics as tables.
enum TopicsTable {
    static func text(_ topics: [TopicStatus], _ screen: Screen) -> Shown {
        var table = Table([
            .init(header: "TOPIC"), .init(header: "OWNER", dispensable: 3),
            .init(header: "PARTITIONS", isRight: true, dispensable: 4), .init(header: "LENGTH", isRight: true),
            .init(header: "EVENTS", isRight: true, dispensable: 2), .init(header: "RATE", isRight: true),
            .init(header: "WAITING", isRight: true), .init(header: "OLDEST", isRight: true, dispensable: 1),
            .init(header: "DELAYED", isRight: true, dispensable: 6),
            .init(header: "HOLES", isRight: true), .init(header: "GROUPS", dispensable: 5, isCuttable: true),
        ])
        for status in topics {
            table.add([
                Table.Cell(status.topic.name.rawValue, .name), Table.Cell(status.topic.owner),
                Table.Cell("\(status.topic.partitions)"), Table.Cell(Format.count(status.length)),
                Table.Cell(Format.count(status.events)), Table.Cell(Format.rate(status.rate)),
                Table.Cell(Format.count(status.waiting), status.waiting ?? 0 > 1000 ? .warning : nil),
                Table.Cell(status.waiting == 0 ? "-" : Format.age(status.waitingAge)),
                Table.Cell(Format.count(status.delayed), status.overdue ?? .zero > .seconds(10) ? .warning : nil),
                Table.Cell(Format.count(status.missing), status.missing ?? 0 > 0 ? .bad : nil),
                Table.Cell(status.topic.groups.map(\.rawValue).joined(separator: " ")),
            ])
        }
        return table.text(screen)
    }

    static func description(of status: TopicStatus, _ screen: Screen) -> Shown {
        let topic = status.topic
        let retention = [
            topic.retention.age.map { "for \(Format.age($0))" },
            topic.retention.entries.map { "up to \(Format.count($0)) a partition" },
        ].compactMap(\.self).joined(separator: ", ")
        var text: Shown = """
            \(screen.tinted(topic.name.rawValue, .name))  \(Shown(lines: topic.description))
            owner \(topic.owner) · key \(topic.key) · groups \(topic.groups.map(\.rawValue).joined(separator: ", "))
            kept in Redis \(retention.isEmpty ? "for ever" : retention) · in the log \
            \(topic.archive.age.map { "for \(Format.age($0))" } ?? "for ever")

            """
        var partitions = Table([
            .init(header: "PARTITION"), .init(header: "LENGTH", isRight: true), .init(header: "FIRST-ID"),
            .init(header: "LAST-ID"), .init(header: "LAST-TIME", dispensable: 2),
            .init(header: "PUBLISHED", isRight: true, dispensable: 1),
            .init(header: "RATE", isRight: true, dispensable: 1),
            .init(header: "HOLES", isRight: true),
        ])
        for partition in status.partitions {
            partitions.add([
                Table.Cell(partition.partition.description, .name), Table.Cell(Format.count(partition.length)),
                Table.Cell(partition.first.map { "\($0)" } ?? "-"), Table.Cell(partition.last.map { "\($0)" } ?? "-"),
                Table.Cell(Format.time(partition.last)), Table.Cell(Format.count(partition.published)),
                Table.Cell(Format.rate(partition.rate)),
                Table.Cell(Format.count(partition.missing), partition.missing ?? 0 > 0 ? .bad : nil),
            ])
        }
        text += partitions.text(screen) + "\n"
        var events = Table([.init(header: "EVENT"), .init(header: "FIELDS", isCuttable: true)])
        for event in topic.events {
            for version in event.versions {
                let fields = version.fields.map {
                    "\($0.name)\($0.isRequired ? "" : "?") \($0.kind)"
                }
                events.add([
                    Table.Cell("\(event.type)/\(version.number)", .name), Table.Cell(fields.joined(separator: ", ")),
                ])
            }
        }
        return text + events.text(screen)
    }
}
