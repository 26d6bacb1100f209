import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch schedules`.
struct SchedulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedules",
        abstract: "What services do at given times: when it last ran, when it runs next; pause it, run it now.",
        usage: "perch schedules [<subcommand>] [<options>]",
        discussion: Help.flowing(
            """
            A tick is done once, whatever dies; what it did is noted in the transaction of its effects. Without a subcommand the
            schedules are listed.

            EXAMPLES
              perch schedules
              perch schedules pause pay-day
              perch schedules run pay-day --yes

            EXIT CODES  0 fine, done, or said · 1 refused, or not confirmed · 2 a server could not be read · 64 wrong usage
            """
        ),
        subcommands: [
            SchedulesListCommand.self, SchedulesPauseCommand.self, SchedulesResumeCommand.self,
            SchedulesRunCommand.self,
            SchedulesForgetCommand.self,
        ],
        defaultSubcommand: SchedulesListCommand.self
    )
}

/// `perch schedules list`.
struct SchedulesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "The schedules of all services.",
        usage: "perch schedules [list] [<options>]",
        discussion: Help.flowing(
            """
            LAST RUN is when something of it last took effect. NEXT is the first tick that is not done: one that is past is due, or
            waits for its next try. A schedule that its program no longer has stays in the list until it is forgotten.

            EXAMPLES
              perch schedules
              perch schedules --watch
              perch schedules --json

            EXIT CODES  0 fine · 2 a database or the contract could not be read · 64 wrong usage
            """
        )
    )

    @OptionGroup var connections: ConnectionOptions
    @OptionGroup var watching: WatchOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        try await Console.run {
            let schedules = Schedules(OperatedSystem(try connections.system()))
            try await Console.watch(watching) {
                let (found, problems) = try await schedules.all()
                if json {
                    Console.out(try JSONOutput.shown(SchedulesDocument(found, problems.map(ProblemDocument.init))))
                } else if !found.isEmpty {
                    Console.out(SchedulesTable.text(found, .current()))
                } else if problems.isEmpty {
                    Console.out("No schedules. A service's schedules are here once it has started.\n")
                }
                if let code = Console.report(problems) { throw code }
            }
        }
    }
}
