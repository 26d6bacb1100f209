import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating
import Postgres

/// `perch failed errors`.
struct FailedErrorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors",
        abstract:
            "What failed events and dead letters died of: one line for all errors that differ only in numbers and ids.",
        usage: "perch failed errors [<group>] [<conditions>] [<options>]",
        discussion: Help.flowing(
            """
            A pattern is the first line of an error with … in place of numbers and UUIDs. --error-pattern gives it to list,
            retry and discard. Of each group the newest 100,000 events are looked at.

            EXAMPLES
              perch failed errors
              perch failed errors accounting --newer-than 1h
              perch failed retry --group accounting --error-pattern "no account …" --dry-run

            EXIT CODES  0 fine, also where some have failed · 2 a server or the contract could not be read
                        64 wrong usage
            """
        )
    )

    @OptionGroup var chosen: FailedGroupSelection
    @Option(name: .shortAndLong, help: "The most patterns that are listed of a group.") var limit = 50
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit: expected 1 to 10000; got \(limit)") }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            var document = FailedErrorsDocument()
            var problems: [ServerProblem] = []
            for choice in try chosen.selection.choices([], in: system) {
                do {
                    let failed = FailedEvents(OperatedSystem(system), of: choice.group)
                    document.add(try await failed.errors(filter: choice.filter, limit: limit), of: choice.group)
                } catch let problem as ServerProblem {
                    problems.append(problem)
                }
            }
            document.problems = problems.map(ProblemDocument.init)
            Console.out(json ? try JSONOutput.shown(document) : document.text(.current()))
            if let code = Console.report(problems) { throw code }
        }
    }
}

extension FailedErrorsDocument {
    func text(_ screen: Screen) -> Shown {
        guard !errors.isEmpty else { return problems.isEmpty ? "No failed events.\n" : "" }
        var table = Table([
            .init(header: "GROUP"), .init(header: "DEAD", isRight: true), .init(header: "FAILED", isRight: true),
            .init(header: "TYPE", dispensable: 2), .init(header: "LAST", dispensable: 3),
            .init(header: "NEWEST", dispensable: 1), .init(header: "ERROR", isCuttable: true, least: 28),
        ])
        for error in errors {
            table.add([
                Table.Cell(error.group, .name), Table.Cell(Format.count(error.dead), error.dead > 0 ? .bad : nil),
                Table.Cell(Format.count(error.failed), error.failed > 0 ? .warning : nil), Table.Cell(error.type),
                Table.Cell(error.lastFailedAt), Table.Cell(error.newest), Table.Cell(error.pattern),
            ])
        }
        return table.text(screen) + (isCut ? "There are more: see --limit, or choose fewer events.\n" : "")
    }
}
