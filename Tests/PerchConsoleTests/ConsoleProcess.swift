import Foundation
import HTTPTesting
import LocalServers
import PerchTesting
import Testing

/// The program `perch-console` as a process of its own, on the servers of a test.
final class ConsoleProcess {
    private let process: Process
    private let folder: URL
    let client: ConsoleClient

    /// Starts it, and waits for the address that it prints. Where somebody has taken the port since, it takes another one.
    static func started(_ console: ConsoleSystem) async throws -> ConsoleProcess {
        while true {
            do { return try await ConsoleProcess(console) } catch let error as DoesNotStart where error.hasNoPort {}
        }
    }

    private init(_ console: ConsoleSystem) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("perch-console-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.yaml.write(to: folder.appendingPathComponent("orders.yaml"), atomically: true, encoding: .utf8)
        let main = Bundle.main.executableURL?.deletingLastPathComponent()
        let places = [main, Bundle(for: ConsoleProcess.self).bundleURL.deletingLastPathComponent()].compactMap(\.self)
        process = Process()
        process.executableURL = places.map { $0.appendingPathComponent("perch-console") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        let url = console.system.databaseURL
        process.environment = [
            "PATH": "/usr/bin:/bin", "HOME": folder.path, "STREAMS_DIR": folder.path,
            "REDIS_URL": console.system.redis.url,
            "SHOP_DATABASE_URL": url, "SHIPPING_DATABASE_URL": url, "BILLING_DATABASE_URL": url,
        ]
        let output = folder.appendingPathComponent("output")
        try Data().write(to: output)
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = process.standardOutput
        let port = try freePort()
        process.arguments = ["--port", "\(port)"]
        try process.run()
        var token = ""
        try await eventually("it prints its address") { [process] in
            let text = try String(contentsOf: output, encoding: .utf8)
            guard process.isRunning else { throw DoesNotStart(output: text) }
            token = text.firstMatch(of: /token=([^\s]+)/).map { String($0.1) } ?? ""
            return !token.isEmpty
        }
        client = ConsoleClient(port: port, token: token)
    }

    deinit { kill() }

    /// By SIGKILL.
    func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    struct DoesNotStart: Error {
        let output: String
        var hasNoPort: Bool { output.contains("ddress already in use") }
    }

    private static let yaml = """
        owner: shop
        key: order
        partitions: 4
        retention: {age: 7d}
        archive: forever
        groups: [billing, shipping]
        events:
          order_counted:
            versions:
              1:
                fields:
                  order: {type: string}
                  count: {type: integer, minimum: 0}
                  note: {type: string, required: false, private: true}

        """
}
