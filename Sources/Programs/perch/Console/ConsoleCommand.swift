import ArgumentParser
import Foundation

/// `perch console`.
struct ConsoleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Start the web console for operators.",
        usage: "perch console [<arguments> ...]",
        discussion: Help.flowing(
            """
            It is a program of its own, perch-console, which lies beside perch; all arguments are its own, --help too. It takes the
            place of this process: signals and the exit code are its own.

            EXAMPLES
              perch console --help

            EXIT CODES  those of perch-console · 1 it is not there, or cannot be started
            """
        )
    )

    @Argument(parsing: .captureForPassthrough, help: "The arguments of perch-console.") var arguments: [String] = []

    func run() throws {
        let folders = ProgramBeside.folders()
        guard let path = ProgramBeside.path(of: "perch-console", in: folders) else {
            throw Console.fail(
                "there is no program perch-console in \(folders.joined(separator: " or ")): put it there, beside perch",
                Console.trouble
            )
        }
        throw Console.fail("cannot start \(path): \(ProgramBeside.become(path, arguments))", Console.trouble)
    }
}
