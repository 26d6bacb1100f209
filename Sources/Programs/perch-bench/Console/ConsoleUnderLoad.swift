import Foundation
import LocalServers

/// `perch-console` as a process of its own, and those who look at it: curl keeps their pages open.
final class ConsoleUnderLoad {
    private let process = Process()
    private let folder: URL
    private let address: URL
    private var viewers: [Process] = []
    /// In Lua, for wrk.
    private var questions = ""

    /// Starts it, and waits for the address that it prints.
    init(_ program: String, redisPort: Int, database: String, partitions: Int) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("perch-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.contract(partitions: partitions)
            .write(to: folder.appendingPathComponent("\(Posted.topic).yaml"), atomically: true, encoding: .utf8)
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["--port", "\(try freePort())"]
        process.environment = [
            "PATH": "/usr/bin:/bin", "HOME": folder.path, "STREAMS_DIR": folder.path,
            "REDIS_URL": "redis://127.0.0.1:\(redisPort)", "BENCH_DATABASE_URL": database,
        ]
        process.standardOutput = output
        try process.run()
        var text = ""
        while !text.contains("\n") {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw BenchError("\(program) ended before it said its address: \(text)") }
            text += String(decoding: more, as: UTF8.self)
        }
        guard let start = text.range(of: "http"), let url = URL(string: text[start.lowerBound...].trimming()) else {
            throw BenchError("\(program) said \(text) where an address was expected")
        }
        address = url
    }

    deinit { end() }

    /// The memory that it has now, in bytes.
    var memory: Double { procStatus(process.processIdentifier, "VmRSS") }

    /// The processor time that it has used, in seconds.
    var cpu: Double { ServerCPU.ofProcess(process.processIdentifier) }

    /// Logs in, as a session of its own.
    ///
    /// - Returns: The cookie.
    func login() throws -> String {
        let head = try Self.output("curl", ["-s", "-o", "/dev/null", "-D", "-", address.absoluteString])
        let line = head.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix("set-cookie:") }
        guard let cookie = line?.dropFirst("set-cookie:".count).split(separator: ";").first else {
            throw BenchError("the console did not let the bench in: \(head)")
        }
        return String(cookie).trimming()
    }

    /// Opens pages that stay open, each in a session of its own.
    ///
    /// - Parameter streams: What the pages listen to.
    func open(_ streams: [String]) throws {
        for stream in streams {
            let viewer = Process()
            viewer.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            viewer.arguments = ["curl", "-s", "-N", "-o", "/dev/null", "-H", "Cookie: \(try login())", url(of: stream)]
            try viewer.run()
            viewers.append(viewer)
        }
    }

    /// - Throws: where a page that was opened is closed.
    func checkViewers() throws {
        let closed = viewers.filter { !$0.isRunning }.count
        guard closed == 0 else { throw BenchError("\(closed) of \(viewers.count) open pages were closed") }
    }

    /// Logs 400 people in: the console answers each only so many times a second. Has to come before `ask`.
    ///
    /// - Parameter pages: What is asked for where no page is named.
    func prepareQuestions(pages: [String]) throws {
        func list(_ texts: [String]) -> String { texts.map { "\"\($0)\"" }.joined(separator: ", ") }
        questions = """
            local cookies = {\(list(try (0..<400).map { _ in try login() }))}
            local pages = {\(list(pages))}
            local number = 0
            request = function()
                number = number + 1
                wrk.headers["Cookie"] = cookies[number % #cookies + 1]
                return wrk.format("GET", page or pages[number % #pages + 1])
            end

            """
    }

    /// Asks by twenty connections, in the sessions in turn.
    ///
    /// - Parameter page: As often as it is answered; nil: for page after page, each connection once a second, as people do.
    func ask(for page: String?, seconds: Int) throws -> PageTimes {
        let script = folder.appendingPathComponent("questions.lua")
        let manner = page.map { "local page = \"\($0)\"\n" } ?? "local page\ndelay = function() return 1000 end\n"
        try (manner + questions).write(to: script, atomically: true, encoding: .utf8)
        let arguments = ["-t2", "-c20", "-d\(seconds)s", "--latency", "-s", script.path, url(of: "/")]
        return try PageTimes(wrk: Self.output("wrk", arguments))
    }

    /// Ends it and all who look.
    func end() {
        for child in viewers + [process] where child.isRunning {
            kill(child.processIdentifier, SIGKILL)
            child.waitUntilExit()
        }
        viewers = []
        try? FileManager.default.removeItem(at: folder)
    }

    private func url(of path: String) -> String {
        "http://\(address.host ?? "127.0.0.1"):\(address.port ?? 0)\(path)"
    }

    private static func output(_ program: String, _ arguments: [String]) throws -> String {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchError("\(program) ended with status \(process.terminationStatus): \(text)")
        }
        return text
    }

    /// As the sides have it in Swift, but for the key: a file has to name a string.
    private static func contract(partitions: Int) -> String {
        """
        owner: bench
        key: note
        partitions: \(partitions)
        retention: {age: 7d}
        archive: forever
        groups: [bench]
        events:
          \(Posted.type):
            versions:
              1:
                fields:
                  posting_id: {type: string, format: uuid}
                  account: {type: integer, minimum: 0}
                  amount: {type: integer, minimum: 1, maximum: 1000000}
                  note: {type: string, minLength: 1, maxLength: 200}

        """
    }
}

extension StringProtocol {
    fileprivate func trimming() -> String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
