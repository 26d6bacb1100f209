import Foundation

/// A side at work in a process of its own, so that its CPU and its memory are its own.
final class SideProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var received = Data()
    private let name: String

    /// Starts it and waits until it is ready.
    init(_ name: String, _ program: String, _ arguments: [String]) throws {
        self.name = name
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = try readLine()
        guard line == "ready" else { throw BenchError("\(name) said \(line) where ready was expected") }
    }

    /// Lets it begin, and waits for nothing.
    func begin() throws { try input.fileHandleForWriting.write(contentsOf: Data("go\n".utf8)) }

    /// Lets it work; what it measured, once it is done.
    func work() throws -> [String: Double] {
        try begin()
        return try result()
    }

    /// Whether it has said what it measured.
    var isDone: Bool {
        var output = pollfd(fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
        return !received.isEmpty || poll(&output, 1, 0) > 0
    }

    /// What it measured, once it is done; it has begun before.
    func result() throws -> [String: Double] {
        let line = try readLine()
        guard line.hasPrefix("done ") else { throw BenchError("\(name) said \(line) where its result was expected") }
        var values: [String: Double] = [:]
        for part in line.split(separator: " ").dropFirst() {
            let pair = part.split(separator: "=")
            guard pair.count == 2, let value = Double(pair[1]) else { continue }
            values[String(pair[0])] = value
        }
        return values
    }

    /// The most memory it ever had, in bytes.
    var peakMemory: Double { procStatus(process.processIdentifier, "VmHWM") }

    /// Ends it.
    func end() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Ends it, whatever it does.
    func kill() {
        // It may have been started by a thread that takes no signals, and takes none itself then: but for this one.
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private func readLine() throws -> String {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: received[received.startIndex..<end], as: UTF8.self)
                received = Data(received[received.index(after: end)...])
                return line
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else {
                process.waitUntilExit()
                throw BenchError("\(name) ended with status \(process.terminationStatus); what it said is above")
            }
            received += more
        }
    }
}

/// A size in `/proc/PID/status`, in bytes; 0 where there is no such file.
func procStatus(_ pid: Int32, _ field: String) -> Double {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return 0 }
    for line in text.split(separator: "\n") where line.hasPrefix("\(field):") {
        return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Double($0) }
            .map { $0 * 1024 } ?? 0
    }
    return 0
}
