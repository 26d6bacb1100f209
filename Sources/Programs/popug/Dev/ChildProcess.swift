import Foundation
import LocalServers

/// A program that was started by us and failed.
struct ChildFailure: Error, CustomStringConvertible {
    let command: String
    let exit: ProcessExit
    let log: String

    var description: String {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        let tail = text.split(whereSeparator: \.isNewline).suffix(10).joined(separator: "\n  ")
        return "\(command) \(end); the end of \(log):\n  \(tail)"
    }

    private var end: String {
        switch exit {
        case .status(let status): "ended with status \(status)"
        case .signal(let signal): "was ended by signal \(signal)"
        case .unknown: "ended"
        }
    }
}

/// Programs run beside this one; what they print goes to a log file. They end with this program, however that ends.
enum ChildProcess {
    /// The path of this very program.
    static var ownPath: String { Bundle.main.executablePath ?? CommandLine.arguments[0] }

    /// Starts this program with other arguments.
    static func start(_ arguments: [String], _ environment: [String: String], log: String) throws -> LocalProcess {
        try start(program: ownPath, arguments, environment, log: log)
    }

    /// Runs this program with other arguments and waits for its end.
    static func runToEnd(_ arguments: [String], _ environment: [String: String], log: String) throws {
        try runToEnd(program: ownPath, arguments, environment, log: log)
    }

    static func runToEnd(program: String, _ arguments: [String], _ environment: [String: String], log: String) throws {
        let process = try start(program: program, arguments, environment, log: log)
        var exit = process.wait()
        // However long it takes: whoever waits for it sees its log.
        while exit == nil { exit = process.wait() }
        guard let exit, exit != .status(0) else { return }
        // A URL among the arguments may hold a password.
        let shown = arguments.map { $0.contains("://") ? "URL" : $0 }
        let name = URL(fileURLWithPath: program).lastPathComponent
        throw ChildFailure(command: ([name] + shown).joined(separator: " "), exit: exit, log: log)
    }

    private static func start(
        program: String,
        _ arguments: [String],
        _ environment: [String: String],
        log: String
    ) throws -> LocalProcess {
        try LocalProcess(
            program,
            arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { _, ours in ours },
            log: log
        )
    }
}
