import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch refused show ID`.
struct RefusedShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a refused event in full: why, and its data.",
        usage: "perch refused show <id> [<options>]",
        discussion: Help.flowing(
            """
            EXAMPLES
              perch refused show tracker/17
              perch refused show tracker/17 --json | jq -r .data > corrected.json

            EXIT CODES  0 fine · 1 no such refused event · 2 a server could not be read · 64 wrong usage
            """
        )
    )

    @Argument(help: "As `perch refused list` names it: SERVICE/NUMBER.") var id: ServiceRowID
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        try await Console.run {
            let refused = RefusedEvents(OperatedSystem(try connections.system()), of: id.service)
            guard let event = try await refused.event(id: id.number) else { throw id.missing() }
            Console.out(
                json
                    ? try JSONOutput.shown(RefusedDocument(event, of: id.service))
                    : RefusedText.full(event, of: id.service, .current())
            )
        }
    }
}
