import Foundation

/// A program that was started by us and failed.
struct ChildFailure: Error, CustomStringConvertible {
    let command: String
    let status: Int32
    let log: String

    var description: String {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        let tail = text.split(whereSeparator: \.isNewline).suffix(10).joined(separator: "\n  ")
        return "\(command) ended with status \(status); the end of \(log):\n  \(tail)"
    }
}

/// Programs run beside this one; what they print goes to a log file.
enum ChildProcess {
    /// The path of this very program.
    static var ownPath: String { Bundle.main.executablePath ?? CommandLine.arguments[0] }

    /// Starts this program with other arguments.
    static func start(_ arguments: [String], _ environment: [String: String], log: String) throws -> Process {
        try start(program: ownPath, arguments, environment, output: try appending(to: log), error: nil)
    }

    /// Runs this program with other arguments and waits for its end.
    static func runToEnd(_ arguments: [String], _ environment: [String: String], log: String) throws {
        try runToEnd(program: ownPath, arguments, environment, log: log)
    }

    static func runToEnd(program: String, _ arguments: [String], _ environment: [String: String], log: String) throws {
        let process = try start(program: program, arguments, environment, output: try appending(to: log), error: nil)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ChildFailure(command: command(program, arguments), status: process.terminationStatus, log: log)
        }
    }

    /// Runs a program and returns what it printed.
    static func output(program: String, _ arguments: [String], log: String) throws -> String {
        let pipe = Pipe()
        let process = try start(
            program: program,
            arguments,
            [:],
            output: pipe.fileHandleForWriting,
            error: try appending(to: log)
        )
        try pipe.fileHandleForWriting.close()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ChildFailure(command: command(program, arguments), status: process.terminationStatus, log: log)
        }
        return String(decoding: data, as: UTF8.self)
    }

    private static func start(
        program: String,
        _ arguments: [String],
        _ environment: [String: String],
        output: FileHandle,
        error: FileHandle?
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, ours in ours }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = error ?? output
        try process.run()
        return process
    }

    private static func appending(to path: String) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: path) {
            try PrivateFile.write("", to: path)
        }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seekToEnd()
        return handle
    }

    private static func command(_ program: String, _ arguments: [String]) -> String {
        // A URL among the arguments may hold a password.
        let shown = arguments.map { $0.contains("://") ? "URL" : $0 }
        return ([URL(fileURLWithPath: program).lastPathComponent] + shown).joined(separator: " ")
    }
}
