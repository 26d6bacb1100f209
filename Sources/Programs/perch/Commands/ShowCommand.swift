import ArgumentParser
import Foundation
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating
import Postgres

/// `perch show T ID|EVENT_ID`.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one event in full: its envelope, its data, where it is, and what each group made of it.",
        usage: "perch show <topic> <id> [<options>]",
        discussion: Help.flowing(
            """
            ID is an entry id (1763836200123-42) or an event id (a UUID). No index has event ids, so the log is read: of each
            partition 250,000 events at the most, for a UUID of version 7 from the second before it was made on, for another
            the newest. An entry id is found at once, wherever it is.

            EXAMPLES
              perch show tickets 1763836200123-42
              perch show tickets 0193a1b2-… --json

            EXIT CODES  0 fine · 1 no such event · 2 a server or the contract could not be read · 64 wrong usage
            """
        )
    )

    @Argument(help: "The topic.") var topic: String
    @Argument(help: ArgumentHelp("An entry id or an event id.", valueName: "id")) var id: String
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let topic = try Names.topic(topic, in: system.contract)
            let journeys = EventJourneys(OperatedSystem(system))
            let found: (journeys: [EventJourney], problems: [ServerProblem])
            if let place = EntryID(id) {
                found = try await journeys.events(at: place, in: topic)
            } else if let event = UUID(uuidString: id) {
                found = try await journeys.event(event, in: topic)
            } else {
                throw SettingProblem(
                    description: "expected an entry id (1763836200123-42) or an event id (a UUID); got `\(id)`",
                    cause: .commandLine
                )
            }
            if json {
                let problems = found.problems.map(ProblemDocument.init)
                Console.out(Shown(json: try JourneysDocument.text(found.journeys, isCut: false, problems) + "\n"))
            } else {
                Console.out(found.journeys.map { JourneyText.full($0, .current()) }.joined(separator: "\n"))
            }
            if let code = Console.report(found.problems) { throw code }
            if found.journeys.isEmpty {
                throw Console.fail(
                    "\(topic.name) has no event \(id): neither in its streams nor in its log",
                    Console.trouble
                )
            }
        }
    }
}

/// `perch trace KEY`.
struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Follow a key through all topics and services: outbox, stream, and each group, on one time line.",
        usage: "perch trace <key> [--topic <topic>] [--limit <limit>] [<options>]",
        discussion: Help.flowing(
            """
            For each event of the key: where it is (delayed, outbox, log, stream), and for each group that reads its topic whether
            it is committed, waits, failed, or was discarded, with the group's checkpoint. The newest 250,000 events of the key's
            partitions are looked at.

            EXAMPLES
              perch trace 0193a1b2-7c3d-7e4f-8a5b-9c6d7e8f0a1b
              perch trace order-17 --topic orders --limit 5 --json

            EXIT CODES  0 fine · 1 no event of that key · 2 a server or the contract could not be read · 64 wrong usage
            """
        )
    )

    @Argument(help: "The key, as in the events' subject.") var key: String
    @Option(help: "Only this topic.") var topic: String?
    @Option(help: "The newest so many events a topic.") var limit = 50
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit: expected 1 to 10000; got \(limit)") }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let topic = try topic.map { try Names.topic($0, in: system.contract) }
            let trace = try await EventJourneys(OperatedSystem(system)).trace(key: key, limit: limit, only: topic?.name)
            if json {
                let problems = trace.problems.map(ProblemDocument.init)
                let text = try JourneysDocument.text(trace.journeys, isCut: trace.isCut, problems)
                Console.out(Shown(json: text + "\n"))
            } else {
                Console.out(JourneyText.timeline(trace.journeys, .current()))
                if trace.isCut { Console.error("older events were not looked at; see --limit") }
            }
            if let code = Console.report(trace.problems) { throw code }
            if trace.journeys.isEmpty {
                let place = topic?.name.rawValue ?? "any topic"
                throw Console.fail("no event of the key \(key) in \(place)", Console.trouble)
            }
        }
    }
}

/// Journeys for people.
enum JourneyText {
    /// Every event with its groups below it.
    static func timeline(_ journeys: [EventJourney], _ screen: Screen) -> Shown {
        var table = Table([
            .init(header: "TIME"), .init(header: "WHAT"), .init(header: "STATE", isCuttable: true),
            .init(header: "PLACE", dispensable: 1),
        ])
        for journey in journeys {
            let event = journey.event
            table.add([
                Table.Cell(event.envelope.time.description),
                Table.Cell("\(event.envelope.type)/\(event.envelope.version)", .name),
                Table.Cell(whereItIs(event), event.entryID == nil ? .warning : nil),
                Table.Cell("\(event.partition) \(event.entryID.map { "\($0)" } ?? "-")", .dim),
            ])
            for step in journey.steps {
                let (text, tint) = state(step, event)
                table.add(["", Table.Cell("  \(step.group)"), Table.Cell(text, tint), ""])
            }
        }
        return table.text(screen)
    }

    /// One event, with all that is known.
    static func full(_ journey: EventJourney, _ screen: Screen) -> Shown {
        let event = journey.event
        let width = journey.steps.map(\.group.rawValue.count).max() ?? 0
        var lines: [Shown] = [
            "\(screen.tinted("\(event.envelope.type)/\(event.envelope.version)", .name))  \(event.envelope.time)"
        ]
        func add(_ name: Shown, _ value: Shown) { lines.append("\(name.padded(to: max(8, width)))  \(value)") }
        add("id", "\(event.envelope.id.text)")
        add("key", Shown(event.envelope.subject))
        add("source", Shown(event.envelope.source))
        add("place", "\(event.partition) \(event.entryID.map { "\($0)" } ?? "no position yet")")
        if event.seenIn == [.delayed] {
            add("delayed", "\(whereItIs(event))")
        } else {
            add("in", "\(places(event))")
        }
        if let trace = event.envelope.traceparent { add("trace", Shown(trace)) }
        for step in journey.steps {
            let (text, tint) = state(step, event)
            add(Shown(step.group.rawValue), screen.tinted(text, tint))
        }
        return lines.joined(separator: "\n") + "\n" + Format.pretty(event.envelope.data) + "\n"
    }

    /// `in log, stream`, `waits until 2026-11-22T18:30:55.123Z`.
    private static func whereItIs(_ event: FoundEvent) -> String {
        event.seenIn == [.delayed] ? "waits until \(event.envelope.time)" : "in \(places(event))"
    }

    private static func places(_ event: FoundEvent) -> String {
        let order: [FoundEvent.Place] = [.delayed, .outbox, .log, .stream]
        return order.filter(event.seenIn.contains).map(\.rawValue).joined(separator: ", ")
    }

    private static func state(_ step: EventJourney.Step, _ event: FoundEvent) -> (String, Tint?) {
        if let failure = step.failure {
            let tries = Format.plural(failure.attempts, "attempt")
            let error = failure.error.split { $0 == "\n" || $0 == "\r\n" }.first.map(String.init) ?? ""
            return ("\(step.state.rawValue) after \(tries)\(error.isEmpty ? "" : ": \(error)")", .bad)
        }
        let checkpoint = step.checkpoint.map { ", checkpoint at \($0.position)" } ?? ""
        switch step.state {
        case .discarded:
            let (by, reason) = step.discard.map { ($0.by, $0.reason) } ?? ("somebody", "")
            return ("discarded by \(by)\(reason.isEmpty ? "" : ": \(reason)")", .warning)
        case .committed: return ("committed\(checkpoint)", .good)
        case .waiting:
            let before = event.entryID.map { $0.position - 1 - (step.checkpoint?.position ?? 0) }
            let place = before.map { $0 == 0 ? ", next in line" : ", \(Format.plural($0, "event")) before it" } ?? ""
            return ("not yet\(place)\(checkpoint)", .warning)
        default: return ("not known: its database did not tell", .bad)
        }
    }
}
