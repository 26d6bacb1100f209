import ArgumentParser
import Dispatch

/// Measures Perch beside the limit: a program in C that does the same work.
@main
enum Main {
    /// Not `async`: that would end the main thread, and valgrind, which counts instructions, does not survive that.
    static func main() {
        let isDone = DispatchSemaphore(value: 0)
        Task.detached {
            await PerchBench.main()
            isDone.signal()
        }
        isDone.wait()
    }
}

struct PerchBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perch-bench",
        abstract: "Measures what an event costs on its way, beside a baseline in C that does the same work.",
        subcommands: [
            RunCommand.self, CountCommand.self, FleetCommand.self, SetupsCommand.self, ConsoleCommand.self,
            SideCommand.self,
            ServersCommand.self,
        ],
        defaultSubcommand: RunCommand.self
    )
}
