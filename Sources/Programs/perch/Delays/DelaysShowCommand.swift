import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch delays show ID`.
struct DelaysShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a delayed event in full: when it is due, when it was asked for, and its data.",
        usage: "perch delays show <id> [<options>]",
        discussion: Help.flowing(
            """
            EXAMPLES
              perch delays show 0193a1b2-7c3d-7e4f-8a5b-9c6d7e8f0a1b

            EXIT CODES  0 fine · 1 no such delayed event · 2 a server could not be read · 64 wrong usage
            """
        )
    )

    @Argument(help: "The event's id.") var id: DelayedID
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        try await Console.run {
            let (service, event) = try await id.find(in: try connections.system())
            Console.out(
                json
                    ? try JSONOutput.shown(DelayedDocument(event, of: service))
                    : DelaysText.full(event, of: service, .current())
            )
        }
    }
}
