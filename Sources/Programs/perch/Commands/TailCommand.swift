import ArgumentParser
import Foundation
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating
import Postgres

/// `perch tail T`.
struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Show a topic's events live, as they come into its streams.",
        usage: "perch tail <topic> [<options>]",
        discussion: Help.flowing(
            """
            It reads beside the groups and moves none. Without --from it begins with the next event. Filters together
            must all hold; a field's value is compared as it is written, a string without its quotes.

            EXAMPLES
              perch tail tickets
              perch tail tickets --type ticket_closed --from 15m
              perch tail wages --field amount=1250 --from beginning --limit 10
              perch tail tickets --key 0193… --json | jq .data

            EXIT CODES  0 fine · 2 Redis or the contract could not be read · 64 wrong usage
            """
        )
    )

    @Argument(help: "The topic.") var topic: String
    @Option(help: "Only events of this type; may be given again for others.") var type: [String] = []
    @Option(help: "Only events of this key.") var key: String?
    @Option(help: ArgumentHelp("Only events with this value in a field.", valueName: "name=value"))
    var field: [String] = []
    @Option(help: ArgumentHelp("Where to begin: \(StreamPlace.expectation).", valueName: "place"))
    var from = "end"
    @Option(name: .shortAndLong, help: "End after so many events.") var limit: Int?
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object a line.") var json = false

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit: expected at least 1; got \(limit)") }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let topic = try Names.topic(topic, in: system.contract)
            let filter = try EventFilter(topic: topic, types: type, key: key, fields: field)
            let tail = TopicTail(system, topic: topic, from: try Names.place(from))
            let screen = Screen.current()
            var left = limit ?? .max
            var failures = 0
            while left > 0, !Task.isCancelled {
                let entries: [TopicTail.Entry]
                do {
                    entries = try await tail.next()
                    failures = 0
                } catch let problem as ServerProblem where problem.kind == .unreachable && failures > 0 {
                    // Once it has run it goes on when the server is back.
                    failures += 1
                    try await Task.sleep(for: .seconds(1))
                    continue
                }
                failures = max(failures, 1)
                for entry in entries where left > 0 && filter.matches(entry.envelope) {
                    left -= 1
                    if json {
                        Console.out(Shown(json: try EventDocument(entry).line() + "\n"))
                    } else {
                        Console.out(EventLine.text(entry, screen) + "\n")
                    }
                }
            }
        }
    }
}

extension EventFilter {
    /// - Throws: `SettingProblem` for a type or a field that no event of the topic has.
    init(topic: TopicContract, types: [String], key: String?, fields: [String]) throws {
        let known = topic.events.map(\.type.rawValue)
        for type in types where !known.contains(type) {
            throw SettingProblem(
                description: "--type: \(topic.name) has no event `\(type)`, it has "
                    + known.joined(separator: ", ") + Names.hint(type, known),
                cause: .commandLine
            )
        }
        let names = Set(topic.events.flatMap(\.versions).flatMap(\.fields).map(\.name)).sorted()
        let values = try fields.map { field in
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, names.contains(parts[0]) else {
                throw SettingProblem(
                    description: "--field: expected NAME=VALUE with a field of \(topic.name) "
                        + "(\(names.joined(separator: ", "))); got `\(field)`\(Names.hint(parts[0], names))",
                    cause: .commandLine
                )
            }
            return FieldValue(name: parts[0], value: parts[1])
        }
        self.init(types: Set(types.map(EventType.init(rawValue:))), key: key, fields: values)
    }
}

/// An event in one line.
enum EventLine {
    static func text(_ entry: TopicTail.Entry, _ screen: Screen) -> Shown {
        let place = "\(entry.partition) \(entry.id)"
        guard let envelope = entry.envelope else {
            return screen.tinted(
                "\(Format.time(entry.id))  \(place)  (a foreign entry: not published by the owner)",
                .bad
            )
        }
        let type = screen.tinted("\(envelope.type)/\(envelope.version)", .name)
        let data = Shown(bytes: envelope.data)
        return "\(envelope.time)  \(type)  \(envelope.subject)  \(data)  \(screen.tinted(place, .dim))"
    }
}
