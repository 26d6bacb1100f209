import Foundation
import Testing

/// The program `killing-worker`, with its environment and no arguments yet.
func killingWorker() throws -> Process {
    let process = Process()
    let folder = try #require(Bundle.main.executableURL?.deletingLastPathComponent())
    let own = folder.appendingPathComponent("killing-worker")
    process.executableURL =
        FileManager.default.isExecutableFile(atPath: own.path)
        ? own
        : Bundle(for: Anchor.self).bundleURL.deletingLastPathComponent().appendingPathComponent("killing-worker")
    process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    return process
}

/// Lies in the bundle of the tests.
private final class Anchor {}
