import ArgumentParser
import Foundation
import OperatorSettings

/// Starts the tool as the argument parser does, but that a mistyped command is told the nearest one, and that what the
/// parser repeats of the command line is shown and not performed.
@main
enum Main {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let problem = problem(of: arguments) {
            PerchCommand.exit(withError: Console.fail(Shown(problem), Console.usage))
        }
        do {
            var command = try PerchCommand.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    private static func end(with error: any Error) -> Never {
        let code = PerchCommand.exitCode(for: error)
        // Help, the version, a completion script: our own words, to the standard output.
        guard !code.isSuccess else { PerchCommand.exit(withError: error) }
        let message = PerchCommand.fullMessage(for: error)
        if !message.isEmpty { Console.note("\(Shown(lines: message))\n") }
        exit(code.rawValue)
    }

    /// What is wrong with the words that name a command; nil: nothing, or the parser says it.
    static func problem(of arguments: [String]) -> String? {
        var command: any ParsableCommand.Type = PerchCommand.self
        var path: [String] = []
        for word in arguments {
            let known = command.configuration.subcommands
            guard !known.isEmpty, !word.hasPrefix("-") else { return nil }
            if let next = known.first(where: { $0.configuration.commandName == word }) {
                command = next
                path.append(word)
                continue
            }
            // `perch failed` takes a group in its place.
            if path == ["failed"] || word == "help" { return nil }
            let names = known.compactMap { $0.configuration.commandName }
            let name = (path + [word]).joined(separator: " ")
            let hint = Names.hint(name, names.map { (path + [$0]).joined(separator: " ") })
            let help = (["perch"] + path + ["--help"]).joined(separator: " ")
            return "there is no command `\(name)`\(hint.isEmpty ? "." : hint) See `\(help)`"
        }
        return nil
    }
}
