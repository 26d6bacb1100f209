import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch refused discard ID…`.
struct RefusedDiscardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Give refused events up.",
        usage: "perch refused discard <id> ... --reason <reason> [<options>]",
        discussion: Help.flowing(
            """
            A discarded event was never seen by anybody, and never will be. It is kept, with its data and the reason, in
            perch.operations of the service's database.

            EXAMPLES
              perch refused discard tracker/17 --reason "published by a test"

            EXIT CODES  0 done · 1 not confirmed, or no such event · 2 a server could not be read · 64 wrong usage
            """
        )
    )

    @Argument(help: "Which ones: SERVICE/NUMBER.") var ids: [ServiceRowID]
    @Option(help: "Why, for the record.") var reason: String
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connections: ConnectionOptions

    func validate() throws {
        guard reason.contains(where: { !$0.isWhitespace }) else {
            throw ValidationError("--reason: say why, for those who ask later")
        }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let names = ids.map(\.text).joined(separator: ", ")
            if change.dryRun {
                return try await ServiceRowID.wouldDo(ids, in: system) { "Would discard \($0).\n" }
            }
            try Console.confirm("Discard \(names), for good?", yes: change.yes)
            for id in ids {
                let refused = RefusedEvents(OperatedSystem(system), of: id.service)
                guard try await refused.discard(id: id.number, reason: reason, by: change.name) else {
                    throw id.missing()
                }
                Console.out("\(id.text) is discarded.\n")
            }
        }
    }
}
