import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch delays cancel ID…`.
struct DelaysCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Take delayed events back: they are never published.",
        usage: "perch delays cancel <id> ... [<options>]",
        discussion: Help.flowing(
            """
            One that has become due meanwhile is published: then nothing is cancelled, and it says so. What is cancelled is
            kept, with its data, in perch.operations of its owner's database.

            EXAMPLES
              perch delays cancel 0193a1b2-7c3d-7e4f-8a5b-9c6d7e8f0a1b

            EXIT CODES  0 done · 1 not confirmed, or no such delayed event · 2 a server could not be read
                        64 wrong usage
            """
        )
    )

    @Argument(help: "Which ones: the events' ids.") var ids: [DelayedID]
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    private func document(isDone: Bool) -> DelayCancelDocument { DelayCancelDocument(ids.map(\.uuid), isDone: isDone) }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            var found: [(id: DelayedID, service: String)] = []
            for id in ids { found.append((id, try await id.find(in: system).service)) }
            let names = ids.map(\.uuid.text).joined(separator: ", ")
            if change.dryRun {
                if json { return Console.out(try JSONOutput.shown(document(isDone: false))) }
                return Console.out("Would cancel \(names).\n")
            }
            try Console.confirm("Cancel \(names), for good?", yes: change.yes)
            for (id, service) in found {
                let delayed = DelayedEvents(OperatedSystem(system), of: service)
                guard try await delayed.cancel(id: id.uuid, by: change.name) else { throw id.missing() }
                if !json { Console.out("\(id.uuid.text) is cancelled.\n") }
            }
            if json { Console.out(try JSONOutput.shown(document(isDone: true))) }
        }
    }
}
