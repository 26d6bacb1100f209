import ArgumentParser

/// The operator's tool for any Perch system. Each command has a file of its own.
@main
struct PerchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perch",
        abstract: "Look into and operate a Perch system: events committed in Postgres, carried by Redis streams.",
        version: "0.1.0",
        subcommands: [
            TopicsCommand.self, GroupsCommand.self, WorkersCommand.self, PendingCommand.self, CheckCommand.self,
        ]
    )
}
