import ArgumentParser
import Foundation

/// The man page, made of the commands themselves, so that it never says anything else than `--help`.
enum ManualPage {
    /// In the language of man(7).
    static func text() throws -> String {
        let help = try JSONDecoder().decode(ToolHelp.self, from: Data(PerchCommand._dumpHelp().utf8))
        var page = [".TH PERCH 1 \"\" \"perch \(PerchCommand.configuration.version)\" \"Perch\""]
        page += [".SH NAME", "perch \\- \(escaped(help.command.abstract ?? ""))"]
        page += [".SH SYNOPSIS", ".B perch", ".I command", "[options]"]
        page += [".SH DESCRIPTION"] + paragraphs(help.command.discussion ?? "")
        page.append(".SH COMMANDS")
        for command in help.command.commands { page += section(command, []) }
        page += [".SH SEE ALSO", ".BR redis-cli (1),", ".BR psql (1)"]
        return page.joined(separator: "\n") + "\n"
    }

    private static func section(_ command: ToolHelp.Command, _ path: [String]) -> [String] {
        guard command.commandName != "help" else { return [] }
        let path = path + [command.commandName]
        let options = command.arguments.filter(\.isWorthTelling)
        let operands = options.filter { $0.kind == "positional" }.map(\.usage)
        let name = escaped((["perch"] + path + operands).joined(separator: " "))
        var lines = [".SS \(name)", escaped(command.abstract ?? "")]
        lines += paragraphs(command.discussion ?? "")
        for option in options {
            lines += [".TP", ".B \(escaped(option.usage))", escaped(option.abstract ?? "")]
        }
        return lines + command.commands.flatMap { section($0, path) }
    }

    /// Paragraphs flow; what is indented stands as it is.
    private static func paragraphs(_ text: String) -> [String] {
        var lines = [".PP"]
        var isVerbatim = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix(" ") != isVerbatim, !line.isEmpty {
                isVerbatim.toggle()
                lines.append(isVerbatim ? ".nf" : ".fi")
            }
            lines.append(line.isEmpty ? ".PP" : escaped(String(line)))
        }
        return lines + (isVerbatim ? [".fi"] : [])
    }

    private static func escaped(_ text: String) -> String {
        let safe = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
        return safe.hasPrefix(".") || safe.hasPrefix("'") ? "\\&\(safe)" : safe
    }
}

/// What the argument parser tells of its commands.
private struct ToolHelp: Decodable {
    let command: Command

    struct Command: Decodable {
        let commandName: String
        let abstract, discussion: String?
        let arguments: [Argument]
        let commands: [Command]

        private enum Key: String, CodingKey { case commandName, abstract, discussion, arguments, subcommands }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            commandName = try container.decode(String.self, forKey: .commandName)
            abstract = try container.decodeIfPresent(String.self, forKey: .abstract)
            discussion = try container.decodeIfPresent(String.self, forKey: .discussion)
            arguments = try container.decodeIfPresent([Argument].self, forKey: .arguments) ?? []
            commands = try container.decodeIfPresent([Command].self, forKey: .subcommands) ?? []
        }
    }

    struct Argument: Decodable {
        let kind: String
        let abstract, valueName: String?
        let names: [Name]?
        let isOptional, isRepeating: Bool

        struct Name: Decodable {
            let kind, name: String
        }

        var isWorthTelling: Bool { names?.contains { ["help", "version"].contains($0.name) } != true }

        /// `--limit <limit>`, `-y, --yes`, `[ID …]`
        var usage: String {
            let value = "<\(valueName ?? "value")>" + (isRepeating ? " ..." : "")
            guard kind != "positional" else { return isOptional ? "[\(value)]" : value }
            let flags = (names ?? []).map { ($0.kind == "short" ? "-" : "--") + $0.name }.joined(separator: ", ")
            return kind == "flag" ? flags : "\(flags) \(value)"
        }
    }
}
