import ArgumentParser
import Foundation
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating
import Postgres

/// `perch foreign`.
struct ForeignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "foreign",
        abstract: "Entries that were found in the streams and that nobody has published.",
        usage: "perch foreign [<service>] [<options>] | --show <service>/<number>",
        discussion: Help.flowing(
            """
            The relay takes them out and keeps them with their ids and bytes in perch.foreign_entries of the service that
            owns the topic: each once, at most 10,000 and 64 MiB a partition; what is beyond is counted. No worker handles
            them. Who may XADD can write them: see ops/redis/users.acl. Of each a list has the first 256 bytes; --show has
            all of one.

            EXAMPLES
              perch foreign
              perch foreign tracker --limit 20
              perch foreign --show tracker/3
              perch foreign --json | jq '.totals[]'

            EXIT CODES  0 fine, also where there are some · 1 no such entry · 2 a server or the contract could not be read
                        64 wrong usage
            """
        )
    )

    @Argument(help: "The service whose streams they were in. Default: all that own a topic.") var service: String?
    @Option(help: ArgumentHelp("One of them, with all its fields.", valueName: "id")) var show: ServiceRowID?
    @Option(name: .shortAndLong, help: "The most entries that are listed of a service, the newest first.") var limit =
        100
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit: expected at least 1; got \(limit)") }
        guard show == nil || service == nil else { throw ValidationError("give a service, or --show") }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            if let show { return try await self.show(show, in: system) }
            var listing = ForeignListing()
            var problems: [ServerProblem] = []
            for service in try Names.owners(service, in: system) {
                do {
                    let foreign = ForeignEntries(OperatedSystem(system), of: service)
                    listing.totals += try await foreign.totals()
                    listing.entries += try await foreign.list(limit: limit, upTo: ForeignListing.most).map {
                        (service, $0)
                    }
                } catch let problem as ServerProblem {
                    problems.append(problem)
                }
            }
            Console.out(json ? try listing.json(problems) : listing.text(.current(), isWhole: problems.isEmpty))
            if let code = Console.report(problems) { throw code }
        }
    }

    private func show(_ id: ServiceRowID, in system: SystemConnections) async throws {
        let foreign = ForeignEntries(OperatedSystem(system), of: id.service)
        guard let entry = try await foreign.entry(id: id.number) else {
            throw Console.fail(
                "there is no foreign entry \(id.text): see `perch foreign \(id.service)`",
                Console.trouble
            )
        }
        if json { return Console.out(try JSONOutput.shown(ForeignDocument(entry, of: id.service))) }
        Console.out("\(entry.partition) \(entry.entryID)  found \(entry.foundAt)\n")
        for field in stride(from: 0, to: entry.fields.count, by: 2) {
            let value = field + 1 < entry.fields.count ? Shown(bytes: entry.fields[field + 1]) : ""
            Console.out("  \(Shown(bytes: entry.fields[field]))  \(value)\n")
        }
    }
}
