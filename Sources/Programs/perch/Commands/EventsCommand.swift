import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch events T:N`.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract:
            "Leaf back through the events of a partition, the newest first: from its stream, then from its owner's log.",
        usage: "perch events <topic>:<n> | <topic> --key <key> [<options>]",
        discussion: Help.flowing(
            """
            A page looks at 10,000 entries, or for a second: with --type or --key it may have fewer events than --limit while
            there are older ones. The last line says how far it looked, and how to look further. Where Redis is away, the
            log of the topic's owner tells.

            EXAMPLES
              perch events tickets:2
              perch events tickets --key 0193… --type ticket_closed
              perch events tickets:2 --before 1763836200123-42 --limit 200 --json

            EXIT CODES  0 fine · 2 a server or the contract could not be read · 64 wrong usage
            """
        )
    )

    @Argument(help: ArgumentHelp("The partition, or the topic of a --key.", valueName: "topic:n")) var place: String
    @Option(help: ArgumentHelp("Only events before this entry id.", valueName: "id")) var before: String?
    @Option(help: "Only events of this key.") var key: String?
    @Option(help: "Only events of this type.") var type: String?
    @Option(name: .shortAndLong, help: "The most events.") var limit = 50
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit: expected 1 to 10000; got \(limit)") }
        guard let before, EntryID(before) == nil else { return }
        throw ValidationError("--before: expected an entry id (1763836200123-42); got \(before)")
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let (topic, partition) = try partition(in: system.contract)
            var filter = EventPages.Filter()
            filter.key = key
            filter.type = try type.map { name in
                _ = try EventFilter(topic: topic, types: [name], key: nil, fields: [])
                return EventType(rawValue: name)
            }
            let page = try await EventPages(OperatedSystem(system))
                .page(of: partition, before: before.flatMap { EntryID($0) }, limit: limit, filter: filter)
            Console.out(json ? try Self.shown(page) : text(page, partition, .current()))
            if let code = Console.report(page.problems) { throw code }
        }
    }

    private func partition(in contract: Contract) throws -> (TopicContract, Partition) {
        if contract.topic(TopicName(rawValue: place)) == nil, let partition = Partition(parsing: place) {
            let topic = try Names.topic(partition.topic.rawValue, in: contract)
            return (topic, partition)
        }
        let topic = try Names.topic(place, in: contract)
        if let key { return (topic, topic.partition(of: key)) }
        if topic.partitions == 1, let only = topic.allPartitions.first { return (topic, only) }
        throw SettingProblem(
            description:
                "which partition of \(topic.name)? It has \(topic.partitions): write \(topic.name):0, or give a --key",
            cause: .commandLine
        )
    }

    private func text(_ page: EventPage, _ partition: Partition, _ screen: Screen) -> Shown {
        var lines = page.events.map { event in
            let type = screen.tinted("\(event.envelope.type)/\(event.envelope.version)", .name)
            let place = screen.tinted("\(event.entryID.map { "\($0)" } ?? "-")", .dim)
            return
                "\(event.envelope.time)  \(type)  \(event.envelope.subject)  \(Shown(bytes: event.envelope.data))  \(place)"
                as Shown
        }
        let count = Format.plural(page.events.count, "event")
        let foreign =
            page.foreign > 0 ? "; \(Format.plural(page.foreign, "foreign entry", many: "foreign entries"))" : ""
        switch page.lookedBackTo {
        case let place? where !page.isAtBeginning:
            lines.append(
                "Looked at \(Format.count(page.lookedAt)) of \(partition) back to \(Format.time(place)): \(count)\(foreign). "
                    + "Further: --before \(place)"
            )
        default:
            lines.append("\(count) of \(partition)\(foreign)\(page.isAtBeginning ? "; nothing older is kept" : "").")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func shown(_ page: EventPage) throws -> Shown {
        Shown(json: try EventsDocument.text(page, page.problems.map(ProblemDocument.init)) + "\n")
    }
}
