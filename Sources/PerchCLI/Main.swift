import ArgumentParser

/// Starts the tool as the argument parser does, but that a mistyped command is told the nearest one.
@main
enum Main {
    static func main() async {
        if let problem = problem(of: CommandLine.arguments.dropFirst().first) {
            PerchCommand.exit(withError: Console.fail(problem, Console.usage))
        }
        await PerchCommand.main()
    }

    /// - Parameter name: The first word; nil: there is none.
    static func problem(of name: String?) -> String? {
        let names = PerchCommand.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard let name, !name.hasPrefix("-"), !names.contains(name) else { return nil }
        let hint = Names.hint(name, names)
        return "there is no command `\(name)`\(hint.isEmpty ? "." : hint) See `perch --help`"
    }
}
