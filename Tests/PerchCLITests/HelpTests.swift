import ArgumentParser
import Foundation
import Testing

@testable import PerchCLI

/// What `--help`, the man page and docs/perch.md say.
struct HelpTests {
    private static let commands: [any ParsableCommand.Type] = all(under: PerchCommand.self)

    private static func all(under command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        command.configuration.subcommands.flatMap {
            $0.configuration.subcommands.isEmpty ? [$0] : all(under: $0) + [$0]
        }
    }

    private static func name(_ command: any ParsableCommand.Type) -> String { command.configuration.commandName ?? "" }

    @Test func everyCommandHasAnExampleAndItsExitCodes() throws {
        #expect(Self.commands.count > 18)
        let told: [any ParsableCommand.Type] = [
            TopicsCommand.List.self, TopicsCommand.Describe.self, GroupsCommand.List.self, GroupsCommand.Describe.self,
        ]
        for command in Self.commands {
            let help = command.helpMessage(columns: 80)
            // These are told by the command above them.
            guard !told.contains(where: { $0 == command }) else { continue }
            #expect(help.contains("EXAMPLES\n  perch "), "\(help)")
            #expect(help.contains("EXIT CODES"), "\(help)")
        }
        let root = PerchCommand.helpMessage(columns: 80)
        for code in ["0   fine", "1   trouble", "2   a server", "64  wrong usage"] {
            #expect(root.contains(code), "\(code)")
        }
    }

    @Test func helpIsWrappedAtTheTerminalsWidthAndNotAtOurs() {
        for command in Self.commands + [PerchCommand.self] {
            for columns in [80, 140] {
                let help = command.helpMessage(columns: columns)
                for line in help.split(separator: "\n") { #expect(line.count <= columns, "\(line)") }
            }
            // A line that was broken at our width and then at the terminal's leaves a word alone.
            let discussion = command.configuration.discussion
            #expect(Help.flowing(discussion) == discussion, "\(Self.name(command))")
        }
    }

    @Test func theManPageHasEveryCommandAndIsSoundRoff() throws {
        let page = try ManualPage.text()
        for command in Self.commands {
            #expect(page.contains(".SS perch ") && page.contains(Self.name(command)), "\(Self.name(command))")
        }
        #expect(page.contains(".SS perch failed retry"))
        #expect(page.contains("\\-\\-payload"))
        let lines = page.split(separator: "\n")
        let requests: Set<Substring> = [".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".I", ".BR", ".nf", ".fi"]
        for line in lines where line.hasPrefix(".") {
            #expect(requests.contains(line.prefix { $0 != " " }), "\(line)")
        }
        #expect(lines.count { $0 == ".nf" } == lines.count { $0 == ".fi" })
    }

    @Test func thePageOfTheToolNamesEveryCommand() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/perch.md"), encoding: .utf8)
        for command in PerchCommand.configuration.subcommands {
            #expect(page.contains("perch \(Self.name(command))"), "\(Self.name(command))")
        }
    }
}
