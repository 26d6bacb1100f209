import ArgumentParser
import Foundation
import OperatorSettings
import Perch
import PerchOperating

/// Standard output and error, and the exit codes that all commands share.
///
/// Nothing else of the tool writes there, and it takes only `Shown`: what others wrote reaches no terminal unescaped.
enum Console {
    /// Something is not as it should be.
    static let trouble = ExitCode(1)
    /// A server, the contract or the settings could not be read.
    static let unreadable = ExitCode(2)
    /// The command line is wrong.
    static let usage = ExitCode(64)

    static func out(_ shown: Shown) {
        // Not buffered: a tail in a pipe shows each event when it comes.
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(shown.text.utf8))
        } catch {
            // A full disk, or nobody there: what is left of the output would be a lie.
            self.error("cannot write the output: \(error.localizedDescription)")
            Foundation.exit(trouble.rawValue)
        }
    }

    /// To the standard error, as it is.
    static func note(_ shown: Shown) {
        // Where even this cannot be written there is nobody to tell.
        try? FileHandle.standardError.write(contentsOf: Data(shown.text.utf8))
    }

    static func error(_ shown: Shown) { note("perch: \(shown)\n") }

    /// Says what went wrong, and ends with the code.
    static func fail(_ text: Shown, _ code: ExitCode) -> ExitCode {
        error(text)
        return code
    }

    /// Says each problem; the code to end with, nil where there is none.
    static func report(_ problems: [ServerProblem]) -> ExitCode? {
        for problem in problems { error(ServerProblemText.sentence(problem)) }
        return problems.isEmpty ? nil : unreadable
    }

    /// Asks on a terminal; elsewhere only `--yes` lets a change happen.
    static func confirm(_ question: Shown, yes: Bool) throws {
        if yes { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw fail("not done: \(question) Nobody can be asked here; give --yes, or --dry-run to only look", usage)
        }
        note("\(question) [y/N] ")
        let answer = readLine()?.trimmingCharacters(in: .whitespaces).lowercased()
        guard answer == "y" || answer == "yes" else { throw fail("not done", trouble) }
    }

    /// Runs a command's work, turning its errors into messages and exit codes.
    static func run(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let problem as ServerProblem {
            throw fail(ServerProblemText.sentence(problem), unreadable)
        } catch let refused as OperationRefused {
            throw fail("refused: \(Shown(lines: refused.sentences)) Nothing was changed", trouble)
        } catch let invalid as InvalidPayload {
            throw fail("refused: \(Shown(lines: invalid.description)). Nothing was changed", trouble)
        } catch let contract as ContractError {
            throw fail("the contract cannot be used:\n\(Shown(lines: contract.description))", unreadable)
        } catch let settings as SettingProblem {
            throw fail(Shown(lines: settings.description), settings.code)
        }
    }

    /// Shows once, or again and again until Ctrl-C.
    static func watch(_ options: WatchOptions, _ show: () async throws -> Void) async throws {
        guard options.watch else { return try await show() }
        let isTerminal = isatty(STDOUT_FILENO) == 1
        while !Task.isCancelled {
            if isTerminal { out("\u{1B}[H\u{1B}[2J") }
            do {
                try await show()
            } catch is ExitCode {
                // Said already; a watch goes on, so that one sees when it is well again.
            }
            try await Task.sleep(for: .seconds(options.interval))
        }
    }
}
