import Foundation
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A private `redis-server` on 127.0.0.1, for tests and for trying things out.
///
/// It keeps an append-only file (`appendfsync everysec`) in its folder and evicts nothing; what the folder holds is
/// loaded at the next start. It ends when this object is released (`withLocalRedis` keeps it alive), and when this
/// process ends, however that happens. All calls block and may be made from any thread.
public final class LocalRedis: Sendable {
    private struct State: ~Copyable {
        var process: ServerProcess?
        var port: Int
        var tlsPort: Int
        var hasStarted = false
    }

    private let program: Program
    private let folder: ServerFolder
    private let fixedPort: Bool
    private let password: String?
    private let tls: LocalTLS?
    private let settings: [String: String]
    private let outlivesParent: Bool
    private let state: Mutex<State>

    /// Prepares a server; `start()` starts it.
    /// - Parameters:
    ///   - folder: where its data is kept and found again; default: a new temporary folder, removed in the end.
    ///   - port: default: a free one, the same for the life of this object.
    ///   - password: what `AUTH` expects; default: none.
    ///   - tls: default: no TLS. Else the server has a second port for it; the first one stays.
    ///   - settings: more lines of `redis.conf`, the value written as it would be there.
    ///   - outlivesParent: when true the server goes on when this process ends, until something stops it by its pid.
    /// - Throws: `LocalServerError` when `redis-server` is not installed or the folder cannot be made.
    public init(
        folder: String? = nil,
        port: Int? = nil,
        password: String? = nil,
        tls: LocalTLS? = nil,
        settings: [String: String] = [:],
        outlivesParent: Bool = false
    ) throws(LocalServerError) {
        program = try Program("redis-server", package: "redis-server")
        self.folder = try ServerFolder(folder, name: "redis")
        fixedPort = port != nil
        self.password = password
        self.tls = tls
        self.settings = settings
        self.outlivesParent = outlivesParent
        let chosenPort = if let port { port } else { try freePort() }
        state = Mutex(State(process: nil, port: chosenPort, tlsPort: try freePort()))
    }

    deinit {
        let running = state.withLock { $0.process != nil }
        state.withLock { $0.process = nil }
        if !(running && outlivesParent) { folder.removeIfTemporary() }
    }

    /// Starts the server and returns when it has loaded its data and answers. Harmless when it runs.
    /// - Throws: `LocalServerError` with the end of the server's log, at the latest after 30 seconds.
    public func start() throws(LocalServerError) {
        try state.withLock { state throws(LocalServerError) in
            if state.process?.hasExited == false { return }
            state.process = nil
            var attempts = fixedPort || state.hasStarted ? 1 : 5
            while true {
                do throws(LocalServerError) {
                    state.process = try launch(port: state.port, tlsPort: state.tlsPort)
                    state.hasStarted = true
                    return
                } catch {
                    attempts -= 1
                    guard attempts > 0, tail(of: log).contains("Address already in use") else { throw error }
                    state.port = try freePort()
                    state.tlsPort = try freePort()
                }
            }
        }
    }

    /// Ends the server in good order, as `SHUTDOWN` does; its data is on disk. Harmless when it does not run.
    public func stop() {
        end(SIGTERM)
    }

    /// Ends the server by SIGKILL, as a crash would. What it had not yet written is lost.
    public func kill() {
        end(SIGKILL)
    }

    /// Freezes the server (SIGSTOP): connections stay open, and nothing is answered until `resume()`.
    public func pause() {
        send(SIGSTOP)
    }

    /// Lets a paused server go on (SIGCONT).
    public func resume() {
        send(SIGCONT)
    }

    /// Whether the process is there; a paused one is.
    public var isRunning: Bool {
        state.withLock { $0.process?.hasExited == false }
    }

    /// The server's process id; nil when it does not run.
    public var pid: Int32? {
        state.withLock { $0.process?.pid }
    }

    /// The server's TCP port; settled after the first `start()`.
    public var port: Int {
        state.withLock { $0.port }
    }

    /// The server's TCP port for TLS, settled after the first `start()`; nil where it has none.
    public var tlsPort: Int? {
        tls == nil ? nil : state.withLock { $0.tlsPort }
    }

    /// `rediss://[:password@]127.0.0.1:PORT?cacert=FILE`, without a certificate of the client's; nil where the server has no TLS.
    public var tlsURL: String? {
        guard let tls, let tlsPort else { return nil }
        return "rediss://\(credentials)127.0.0.1:\(tlsPort)?cacert=\(percentEncoded(tls.authority.certificate))"
    }

    /// `redis://[:password@]127.0.0.1:PORT`
    public var url: String {
        "redis://\(credentials)127.0.0.1:\(port)"
    }

    /// `unix://[:password@]/path/of/redis.sock`; nil where the folder's path is too long for a socket.
    public var unixURL: String? {
        socketPath.map { "unix://\(credentials)\($0)" }
    }

    /// The Unix socket; nil where the folder's path is too long for one.
    public var socketPath: String? { folder.socket("redis.sock") }

    /// The server's log file.
    public var log: String { folder.file("redis.log") }

    /// The folder with the server's data.
    public var folderPath: String { folder.path }

    /// Runs `redis-cli` against this server: an eye that shares no code with the client under test.
    /// - Returns: what it printed, without the last line break; a command's error is printed too, not thrown.
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

    private var credentials: String {
        password.map { ":\(percentEncoded($0))@" } ?? ""
    }

    private func end(_ signal: Int32) {
        state.withLock { state in
            if let process = state.process.take() { process.end(signal, within: LocalProcess.hangLimit) }
        }
    }

    private func send(_ signal: Int32) {
        state.withLock { $0.process?.send(signal) }
    }

    private func launch(port: Int, tlsPort: Int) throws(LocalServerError) -> ServerProcess {
        let configuration = folder.file("redis.conf")
        try write(configurationText(port: port, tlsPort: tlsPort), to: configuration)
        let process = try ServerProcess(
            [program.path, configuration],
            environment: Program.baseEnvironment,
            log: log,
            outlivesParent: outlivesParent,
            stopSignal: "KILL",
            temporaryFolder: folder.isTemporary ? folder.path : nil
        )
        let answers = try waitUntil(seconds: LocalProcess.hangLimit) { () throws(LocalServerError) in
            if process.hasExited {
                throw LocalServerError(.startFailed, "redis-server ended while starting. \(log):\n\(tail(of: log))")
            }
            return RedisProbe.answers(port: UInt16(port), password: password, pid: process.pid)
        }
        guard answers else {
            process.end(SIGKILL, within: 5)
            throw LocalServerError(
                .startFailed,
                "redis-server does not answer after \(LocalProcess.hangLimit) s. \(log):\n\(tail(of: log))"
            )
        }
        return process
    }

    private func configurationText(port: Int, tlsPort: Int) -> String {
        var lines = [
            "bind": "127.0.0.1", "port": String(port), "dir": configurationValue(folder.path), "daemonize": "no",
            "appendonly": "yes", "appendfsync": "everysec", "save": "\"\"", "maxmemory-policy": "noeviction",
            "logfile": "\"\"",
        ]
        if let socketPath {
            lines["unixsocket"] = configurationValue(socketPath)
            lines["unixsocketperm"] = "700"
        }
        if let password { lines["requirepass"] = configurationValue(password) }
        if let tls { lines.merge(tls.settings(port: tlsPort)) { $1 } }
        lines.merge(settings) { $1 }
        return lines.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
    }

    /// A file for its owner only: it may hold a password.
    private func write(_ text: String, to path: String) throws(LocalServerError) {
        let made = FileManager.default.createFile(
            atPath: path,
            contents: Data(text.utf8),
            attributes: [.posixPermissions: 0o600]
        )
        guard made else { throw LocalServerError(.folder, "Cannot write \(path).") }
    }
}

/// The text as a value of `redis.conf`.
func configurationValue(_ text: String) -> String {
    let escaped = text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
    return "\"\(escaped)\""
}

/// The text as part of a URL: all but letters, digits and `-._~` is percent-encoded.
func percentEncoded(_ text: String) -> String {
    text.addingPercentEncoding(
        withAllowedCharacters: CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
        )
    ) ?? ""
}
