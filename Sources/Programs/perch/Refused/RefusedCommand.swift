import ArgumentParser
import Perch
import PerchDocuments
import PerchOperating

/// `perch refused list|show|retry|discard`.
struct RefusedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refused",
        abstract: "Events of an outbox that got no position: list, show, retry, discard.",
        discussion: Help.flowing(
            """
            The relay looks at each row that another language has put into the outbox. What no reader would take, or what is
            not as the contract says, gets no position: nobody has seen it. Each has an ID such as tracker/17: the service,
            and the number of its row in perch.refused_events of the service's database. Without a command it lists.

            EXAMPLES
              perch refused
              perch refused show tracker/17
              perch refused retry tracker/17 --data @corrected.json
              perch refused discard tracker/17 --reason "a test"

            EXIT CODES  0 fine, or done · 1 refused, not confirmed, or no such event · 2 a server could not be read
                        64 wrong usage
            """
        ),
        subcommands: [
            RefusedListCommand.self, RefusedShowCommand.self, RefusedRetryCommand.self, RefusedDiscardCommand.self,
        ],
        defaultSubcommand: RefusedListCommand.self
    )
}

extension ServiceRowID {
    /// The exit code, once it is said: it is no refused event.
    func missing() -> ExitCode { Self.missing([self]) }

    private static func missing(_ ids: [ServiceRowID]) -> ExitCode {
        let services = Set(ids.map(\.service)).sorted()
        return Console.fail(
            "there is no refused event \(ids.map(\.text).joined(separator: ", ")), or no longer: see "
                + services.map { "`perch refused list \($0)`" as Shown }.joined(separator: ", "),
            Console.trouble
        )
    }

    /// What a dry run says: which of these there are, and then which there are not.
    ///
    /// - Throws: An exit code where one is not there.
    static func wouldDo(
        _ ids: [ServiceRowID],
        in system: SystemConnections,
        _ text: (_ names: String) -> Shown
    ) async throws {
        var (found, gone): ([ServiceRowID], [ServiceRowID]) = ([], [])
        for id in ids {
            let refused = RefusedEvents(OperatedSystem(system), of: id.service)
            if try await refused.event(id: id.number) == nil { gone.append(id) } else { found.append(id) }
        }
        if !found.isEmpty { Console.out(text(found.map(\.text).joined(separator: ", "))) }
        if !gone.isEmpty { throw missing(gone) }
    }
}
