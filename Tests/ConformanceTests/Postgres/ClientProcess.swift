import Foundation

@testable import LocalServers

/// A `psql` with an open session: a client that can be frozen and killed.
final class ClientProcess {
    private let process = Process()
    private let input = Pipe()

    /// Sends the statements one by one, each when the one before is done.
    init(_ database: TestDatabase, _ statements: String...) throws {
        process.executableURL = URL(fileURLWithPath: try PostgresBinaries().psql)
        process.arguments = ["-X", "-q", "-d", database.url]
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        input.fileHandleForWriting.write(Data(statements.map { "\($0);\n" }.joined().utf8))
    }

    deinit {
        kill()
    }

    /// It reads and sends nothing any more; its connection stays.
    func freeze() {
        Foundation.kill(process.processIdentifier, SIGSTOP)
    }

    /// It is gone, and its connection with it.
    func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
