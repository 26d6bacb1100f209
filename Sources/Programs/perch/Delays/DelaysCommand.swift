import ArgumentParser
import Foundation
import Perch
import PerchOperating

/// `perch delays list|show|cancel`.
struct DelaysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delays",
        abstract: "Events that wait until they are due: list, show, cancel.",
        discussion: Help.flowing(
            """
            A delayed event is committed by its owner and nobody has seen it. When it is due its owner's relay moves it into
            the outbox. Without a command it lists.

            EXAMPLES
              perch delays
              perch delays list --topic orders --key order-17
              perch delays show 0193a1b2-7c3d-7e4f-8a5b-9c6d7e8f0a1b
              perch delays cancel 0193a1b2-7c3d-7e4f-8a5b-9c6d7e8f0a1b

            EXIT CODES  0 fine, or done · 1 not confirmed, or no such event · 2 a server could not be read
                        64 wrong usage
            """
        ),
        subcommands: [DelaysListCommand.self, DelaysShowCommand.self, DelaysCancelCommand.self],
        defaultSubcommand: DelaysListCommand.self
    )
}

/// The id of an event, as people type it.
struct DelayedID: ExpressibleByArgument, Hashable {
    let uuid: UUID

    init?(argument: String) {
        guard let uuid = UUID(uuidString: argument) else { return nil }
        self.uuid = uuid
    }

    /// The event and its owner, in whichever database it waits.
    ///
    /// - Throws: An exit code, once it is said: where it waits nowhere, or where a database did not tell and no other has it.
    func find(in system: SystemConnections) async throws -> (service: String, event: DelayedEvent) {
        var problems: [ServerProblem] = []
        for service in system.owners {
            do {
                let delayed = DelayedEvents(OperatedSystem(system), of: service)
                if let event = try await delayed.event(id: uuid) { return (service, event) }
            } catch let problem as ServerProblem {
                problems.append(problem)
            }
        }
        if let code = Console.report(problems) { throw code }
        throw missing()
    }

    /// The exit code, once it is said.
    func missing() -> ExitCode {
        Console.fail(
            "no delayed event \(uuid.text), or no longer: `perch delays` lists them, `perch show TOPIC ID` finds one that is published",
            Console.trouble
        )
    }
}
