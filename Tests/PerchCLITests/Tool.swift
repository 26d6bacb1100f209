import Foundation
import Testing

/// `perch` as a process: what it prints, where, and with which code it ends.
enum Tool {
    struct Result {
        let out: String
        let error: String
        let code: Int32

        /// The standard output as one JSON object.
        func json() throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: Data(out.utf8)) as? [String: Any])
        }
    }

    private final class Anchor {}

    static func process(_ arguments: [String], environment: [String: String], in directory: URL? = nil) throws
        -> Process
    {
        let process = Process()
        let folder = try #require(Bundle.main.executableURL?.deletingLastPathComponent())
        let places = [folder, Bundle(for: Anchor.self).bundleURL.deletingLastPathComponent()]
        process.executableURL = places.map { $0.appendingPathComponent("perch") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        process.arguments = arguments
        if let directory { process.currentDirectoryURL = directory }
        process.environment = environment.merging(["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]) { own, _ in own }
        return process
    }

    /// - Parameter executable: A copy of it, or a link to it, that is called instead.
    static func run(
        _ arguments: [String],
        environment: [String: String],
        input: String = "",
        in directory: URL? = nil,
        as executable: URL? = nil
    ) throws -> Result {
        let process = try process(arguments, environment: environment, in: directory)
        if let executable { process.executableURL = executable }
        // A file for the errors: neither pipe may fill up while the other is read.
        let errors = FileManager.default.temporaryDirectory.appendingPathComponent("perch-tool-\(UUID().uuidString)")
        try Data().write(to: errors)
        defer { try? FileManager.default.removeItem(at: errors) }
        let (inputs, outputs) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (inputs, outputs)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        inputs.fileHandleForWriting.write(Data(input.utf8))
        try inputs.fileHandleForWriting.close()
        let out = outputs.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(
            out: String(decoding: out, as: UTF8.self),
            error: try String(contentsOf: errors, encoding: .utf8),
            code: process.terminationStatus
        )
    }
}
