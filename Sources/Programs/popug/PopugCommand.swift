import ArgumentParser
import Foundation
import Perch

@main
struct PopugCommand: AsyncParsableCommand {
    static let version = "0.1.0"
    static let configuration = CommandConfiguration(
        commandName: "popug",
        abstract: "The task exchange: tickets are handed out at random, taking one costs, closing one pays.",
        discussion: """
            Each service has its own database and its own workers. Settings come from flags, the environment
            (REDIS_URL, TRACKER_DATABASE_URL …) or a file (--config).

            EXAMPLES
              popug dev                              everything on this machine, on private servers
              popug tracker migrate                  make the tracker's database ready
              popug accounting work --workers 2      relay and two workers of accounting
            """,
        version: version,
        subcommands: [
            DevCommand.self, AuthCommand.self, TrackerCommand.self, AccountingCommand.self, AnalyticsCommand.self,
            OfficeCommand.self,
        ]
    )

    /// As the argument parser does it, but that what an error holds of others is shown on a terminal, and not performed.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            let code = exitCode(for: error)
            let message = fullMessage(for: error)
            guard !code.isSuccess, !message.isEmpty else { exit(withError: error) }
            try? FileHandle.standardError.write(contentsOf: Data("\(TerminalText.lines(message))\n".utf8))
            exit(withError: code)
        }
    }
}
