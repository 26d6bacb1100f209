import Foundation
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One private Redis Sentinel on 127.0.0.1; `LocalSentinels` makes them.
///
/// It keeps what it has learned in its folder. It ends when this object is released, and when this process ends, however that
/// happens. All calls block and may be made from any thread.
public final class LocalSentinel: Sendable {
    private struct State: ~Copyable {
        var process: ServerProcess?
        var port: Int
        var tlsPort: Int
        var hasStarted = false
    }

    private let program: Program
    private let folder: ServerFolder
    private let password: String?
    private let tls: LocalTLS?
    /// The lines of `sentinel.conf` that say whom it watches.
    private let watched: [String]
    private let state: Mutex<State>

    init(watching lines: [String], password: String?, tls: LocalTLS?) throws(LocalServerError) {
        program = try Program("redis-server", package: "redis-server")
        folder = try ServerFolder(nil, name: "sentinel")
        watched = lines
        self.password = password
        self.tls = tls
        state = Mutex(State(process: nil, port: try freePort(), tlsPort: try freePort()))
    }

    deinit {
        state.withLock { $0.process = nil }
        folder.removeIfTemporary()
    }

    /// Starts it, and returns when it answers. Harmless when it runs.
    /// - Throws: `LocalServerError` with the end of its log.
    public func start() throws(LocalServerError) {
        try state.withLock { state throws(LocalServerError) in
            if state.process?.hasExited == false { return }
            state.process = nil
            var attempts = state.hasStarted ? 1 : 5
            while true {
                do throws(LocalServerError) {
                    // Later ones find the file as it has rewritten it.
                    if !state.hasStarted { try write(configurationText(state.port, state.tlsPort)) }
                    state.process = try launch(port: state.port)
                    state.hasStarted = true
                    return
                } catch {
                    attempts -= 1
                    guard attempts > 0, tail(of: log).contains("Address already in use") else { throw error }
                    (state.port, state.tlsPort) = (try freePort(), try freePort())
                }
            }
        }
    }

    /// Ends it by SIGKILL, as a crash would.
    public func kill() {
        state.withLock { state in
            if let process = state.process.take() { process.end(SIGKILL, within: LocalProcess.hangLimit) }
        }
    }

    /// Freezes it (SIGSTOP): connections stay open, and nothing is answered until `resume()`.
    public func pause() {
        state.withLock { $0.process?.send(SIGSTOP) }
    }

    /// Lets a frozen one go on (SIGCONT).
    public func resume() {
        state.withLock { $0.process?.send(SIGCONT) }
    }

    /// Its TCP port without TLS; settled after the first `start()`.
    public var port: Int {
        state.withLock { $0.port }
    }

    /// `127.0.0.1:PORT`, as it stands in a URL: the port with TLS where there is one.
    public var address: String {
        state.withLock { "127.0.0.1:\(tls == nil ? $0.port : $0.tlsPort)" }
    }

    /// Its log file.
    public var log: String { folder.file("sentinel.log") }

    /// Runs `redis-cli` against it, as `LocalRedis.cli`.
    /// - Throws: `LocalServerError` when the program is missing or cannot connect.
    @discardableResult
    public func cli(_ arguments: String...) throws(LocalServerError) -> String { try cli(arguments) }

    /// The same of a list of arguments.
    @discardableResult
    public func cli(_ arguments: [String]) throws(LocalServerError) -> String {
        let cli = try Program("redis-cli", package: "redis-tools")
        return try Program.run(
            [cli.path, "-h", "127.0.0.1", "-p", String(port)] + arguments,
            environment: password.map { ["REDISCLI_AUTH": $0] } ?? [:]
        )
    }

    /// Makes it believe that the master of this name is there. No other sentinel agrees, nor learns of it.
    /// - Parameter address: `HOST:PORT`.
    package func watch(_ address: String, as name: String) throws {
        let parts = address.split(separator: ":").map(String.init)
        try cli("SENTINEL", "REMOVE", name)
        try cli(["SENTINEL", "MONITOR", name] + parts + ["2"])
    }

    private func launch(port: Int) throws(LocalServerError) -> ServerProcess {
        let process = try ServerProcess(
            [program.path, folder.file("sentinel.conf"), "--sentinel"],
            environment: Program.baseEnvironment,
            log: log,
            outlivesParent: false,
            stopSignal: "KILL",
            temporaryFolder: folder.isTemporary ? folder.path : nil
        )
        let answers = try waitUntil(seconds: LocalProcess.hangLimit) { () throws(LocalServerError) in
            if process.hasExited {
                throw LocalServerError(.startFailed, "The sentinel ended while starting. \(log):\n\(tail(of: log))")
            }
            return RedisProbe.answers(port: UInt16(port), password: password, pid: process.pid)
        }
        guard answers else {
            process.end(SIGKILL, within: 5)
            throw LocalServerError(.startFailed, "The sentinel does not answer. \(log):\n\(tail(of: log))")
        }
        return process
    }

    private func configurationText(_ port: Int, _ tlsPort: Int) -> String {
        var lines = [
            "bind 127.0.0.1", "port \(port)", "dir \(configurationValue(folder.path))", "daemonize no", "logfile \"\"",
        ]
        if let tls {
            lines += tls.settings(port: tlsPort).map { "\($0.key) \($0.value)" }.sorted() + ["tls-replication yes"]
        }
        if let password {
            lines.append("requirepass \(configurationValue(password))")
            lines.append("sentinel sentinel-pass \(configurationValue(password))")
        }
        return (lines + watched).map { "\($0)\n" }.joined()
    }

    /// For its owner only: it may hold passwords.
    private func write(_ text: String) throws(LocalServerError) {
        let path = folder.file("sentinel.conf")
        let made = FileManager.default.createFile(
            atPath: path,
            contents: Data(text.utf8),
            attributes: [.posixPermissions: 0o600]
        )
        guard made else { throw LocalServerError(.folder, "Cannot write \(path).") }
    }
}
