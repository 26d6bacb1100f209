import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch failed show ID`.
struct FailedShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a failed event in full: its error, its data, and which events wait for which.",
        usage: "perch failed show <id> [<options>]",
        discussion: Help.flowing(
            """
            EXAMPLES
              perch failed show accounting/17
              perch failed show 17 --group accounting --json | jq .event.data > corrected.json

            EXIT CODES  0 fine · 1 no such failed event (it may have taken effect) · 2 a server could not be read
                        64 wrong usage
            """
        )
    )

    @Argument(help: "As `perch failed list` names it: GROUP/NUMBER.") var id: FailedID
    @Option(help: "Its group, where the id does not name it.") var group: String?
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let group = try FailedSelection.owner(of: id, group: group, in: system)
            let failed = FailedEvents(OperatedSystem(system), of: group)
            guard let event = try await failed.event(id: id.number) else {
                throw Console.fail(Self.gone(group, id.number), Console.trouble)
            }
            if json {
                Console.out(Shown(json: try FailedDocument.line(event, of: group) + "\n"))
            } else {
                Console.out(FailedText.full(event, of: group, try await failed.place(of: event), .current()))
            }
        }
    }

    static func gone(_ group: GroupName, _ id: FailedEvent.ID) -> Shown {
        """
        there is no failed event \(FailedID.text(group, id)), or no longer: it may have taken effect or been discarded; \
        see `perch failed list \(group)`
        """
    }
}
