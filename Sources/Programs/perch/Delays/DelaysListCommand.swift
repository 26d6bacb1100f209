import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating
import Postgres

/// `perch delays list`.
struct DelaysListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List delayed events, the next to become due first.",
        usage: "perch delays [list] [--topic <topic>] [--key <key>] [<options>]",
        discussion: Help.flowing(
            """
            EXAMPLES
              perch delays list
              perch delays list --topic orders --limit 1000 --json | jq -r '.events[].due_at'

            EXIT CODES  0 fine · 2 a server or the contract could not be read · 64 wrong usage
            """
        )
    )

    @Option(help: "Only this topic.") var topic: String?
    @Option(help: "Only this key.") var key: String?
    @Option(name: .shortAndLong, help: "The most events that are listed.") var limit = 100
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit: expected at least 1; got \(limit)") }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let topic = try topic.map { try Names.topic($0, in: system.contract) }
            let list = try await DelayedEventList.of(
                system,
                topic: topic,
                key: key,
                limit: limit,
                in: OperatedSystem(system)
            )
            let (listed, total, problems) = (list.events, list.total, list.problems)
            if json {
                let problems = problems.map(ProblemDocument.init)
                Console.out(try JSONOutput.shown(DelayedListDocument(listed, total: total, problems)))
            } else if !listed.isEmpty {
                Console.out(DelaysText.table(listed, now: .now).text(.current()))
                let cut = listed.count < total ? "; \(Format.count(listed.count)) are listed, see --limit" : ""
                let more = total >= DelayedEvents.countedAtMost ? " or more" : ""
                Console.out("\(Format.plural(total, "delayed event"))\(more)\(cut).\n")
            } else if problems.isEmpty {
                Console.out("No delayed events.\n")
            }
            if let code = Console.report(problems) { throw code }
        }
    }
}
