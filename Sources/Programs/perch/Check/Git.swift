import Foundation

/// Runs git in a folder.
struct Git {
    let folder: String

    enum Failure: Error, CustomStringConvertible {
        case notInstalled
        /// What git itself says.
        case failed(String)

        var description: String {
            switch self {
            case .notInstalled: "git is not installed"
            case .failed(let message): message
            }
        }
    }

    /// - Throws: what git says where it refuses to look, as in a checkout of another user: that is not the same as no
    ///   checkout.
    func isInCheckout() throws -> Bool {
        let (status, _, message) = try run(["rev-parse", "--git-dir"])
        if status == 0 { return true }
        guard message.contains("not a git repository") else { throw Failure.failed(message) }
        return false
    }

    func knows(commit: String) throws -> Bool {
        try run(["rev-parse", "--verify", "--quiet", "--end-of-options", "\(commit)^{commit}"]).status == 0
    }

    func output(_ arguments: String...) throws -> Data {
        let (status, output, message) = try run(arguments)
        guard status == 0 else { throw Failure.failed(message) }
        return output
    }

    private func run(_ arguments: [String]) throws -> (status: Int32, output: Data, message: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "-C", folder, "--no-pager"] + arguments
        var environment = ProcessInfo.processInfo.environment
        // A hook of git sets these for where it runs; from the folder they would lead elsewhere.
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] { environment[name] = nil }
        environment["LC_ALL"] = "C"
        process.environment = environment
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        let message = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        // What env answers for a command that is not there.
        if process.terminationStatus == 127 { throw Failure.notInstalled }
        let text = String(decoding: message, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return (process.terminationStatus, data, text)
    }
}
