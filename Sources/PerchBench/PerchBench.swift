import ArgumentParser

/// Measures Perch beside the limit: a program in C that does the same work.
@main
struct PerchBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perch-bench",
        abstract: "Measures what an event costs on its way, beside a baseline in C that does the same work.",
        subcommands: [RunCommand.self, SideCommand.self, ServersCommand.self],
        defaultSubcommand: RunCommand.self
    )
}
