import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating
import Postgres

/// `perch refused list`.
struct RefusedListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List refused events, service by service, the first to be refused first.",
        usage: "perch refused [list] [<service>] [<options>]",
        discussion: Help.flowing(
            """
            EXAMPLES
              perch refused list
              perch refused list tracker --limit 1000 --json | jq -r '.events[].reason'

            EXIT CODES  0 fine, also where some were refused · 2 a server or the contract could not be read
                        64 wrong usage
            """
        )
    )

    @Argument(help: "The service that has published them. Default: all that own a topic.") var service: String?
    @Option(name: .shortAndLong, help: "The most events that are listed of a service.") var limit = 100
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit: expected at least 1; got \(limit)") }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            var listed: [(service: String, event: RefusedEvent)] = []
            var total = 0
            var problems: [ServerProblem] = []
            for service in try Names.owners(service, in: system) {
                do {
                    let refused = RefusedEvents(OperatedSystem(system), of: service)
                    total += try await refused.count()
                    listed += try await refused.list(limit: limit).map { (service, $0) }
                } catch let problem as ServerProblem {
                    problems.append(problem)
                }
            }
            if json {
                let problems = problems.map(ProblemDocument.init)
                Console.out(try JSONOutput.shown(RefusedListDocument(listed, total: total, problems)))
            } else if !listed.isEmpty {
                Console.out(RefusedText.table(listed, now: .now).text(.current()))
                let cut = listed.count < total ? "; \(Format.count(listed.count)) are listed, see --limit" : ""
                Console.out("\(Format.plural(total, "refused event"))\(cut).\n")
            } else if problems.isEmpty {
                Console.out("No refused events.\n")
            }
            if let code = Console.report(problems) { throw code }
        }
    }
}

extension Names {
    /// The service of that name, if it owns a topic; all that do where none is named.
    static func owners(_ service: String?, in system: SystemConnections) throws -> [String] {
        guard let service else { return system.owners }
        guard system.owners.contains(service) else {
            throw Console.fail(
                "no topic of the contract is owned by \(service); owners are \(system.owners.joined(separator: ", "))",
                Console.usage
            )
        }
        return [service]
    }
}
