import Foundation
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A private PgBouncer on 127.0.0.1, in front of a `LocalPostgres` that trusts its users.
///
/// It runs as the server's user. It ends when this object is released, and when this process ends, however that happens. All calls
/// block and may be made from any thread.
public final class LocalPooler: Sendable {
    /// For how long a client has a session of the server.
    public enum Mode: String, Sendable {
        /// For as long as it is connected.
        case session
        /// For a transaction.
        case transaction
    }

    private struct State: ~Copyable {
        var process: ServerProcess?
        var port: Int
    }

    private let program: Program
    private let folder: ServerFolder
    private let postgres: LocalPostgres
    private let state: Mutex<State>

    /// Whether the program is there.
    public static var isInstalled: Bool { (try? findProgram()) != nil }

    /// Starts it, and returns when it takes connections.
    /// - Parameters:
    ///   - postgres: where it leads to, all databases of it. It is kept alive.
    ///   - mode: for how long a client has a session.
    ///   - sessions: the most sessions that it opens in a database for a user.
    ///   - settings: more lines of section `pgbouncer` of its configuration.
    /// - Throws: `LocalServerError` when the program is missing, with the end of the log when it does not start.
    public init(
        for postgres: LocalPostgres,
        mode: Mode,
        sessions: Int = 20,
        settings: [String: String] = [:]
    ) throws(LocalServerError) {
        program = try Self.findProgram()
        folder = try ServerFolder(nil, name: "pooler")
        self.postgres = postgres
        state = Mutex(State(process: nil, port: try freePort()))
        try postgres.binaries.giveFolder(folder.path)
        var all = [
            "listen_addr": "127.0.0.1", "unix_socket_dir": "", "auth_type": "trust", "auth_file": folder.file("users"),
            "pool_mode": mode.rawValue, "default_pool_size": String(sessions), "max_client_conn": "1000",
        ]
        all.merge(settings) { $1 }
        try state.withLock { state throws(LocalServerError) in
            var attempts = 5
            while state.process == nil {
                do throws(LocalServerError) {
                    try write("\"\(postgres.superuser)\" \"\"\n", to: "users")
                    try write(configurationText(all, port: state.port), to: "pgbouncer.ini")
                    state.process = try launch()
                } catch {
                    attempts -= 1
                    guard attempts > 0, tail(of: log).contains("Address already in use") else { throw error }
                    state.port = try freePort()
                }
            }
        }
    }

    deinit {
        state.withLock { $0.process = nil }
        folder.removeIfTemporary()
    }

    /// Its TCP port.
    public var port: Int { state.withLock { $0.port } }

    /// `postgresql://USER@127.0.0.1:PORT/DATABASE`, for the superuser.
    public func url(database: String) -> String {
        "postgresql://\(percentEncoded(postgres.superuser))@127.0.0.1:\(port)/\(percentEncoded(database))"
    }

    /// Its log file.
    public var log: String { folder.file("pooler.log") }

    private static func findProgram() throws(LocalServerError) -> Program {
        try Program("pgbouncer", package: "pgbouncer")
    }

    private func launch() throws(LocalServerError) -> ServerProcess {
        let process = try ServerProcess(
            postgres.binaries.asUser([program.path, folder.file("pgbouncer.ini")]),
            environment: Program.baseEnvironment,
            log: log,
            outlivesParent: false,
            stopSignal: "KILL",
            temporaryFolder: folder.path
        )
        // It says so when it listens.
        let isUp = try waitUntil(seconds: LocalProcess.hangLimit) { () throws(LocalServerError) in
            if process.hasExited {
                throw LocalServerError(.startFailed, "pgbouncer ended while starting. \(log):\n\(tail(of: log))")
            }
            return tail(of: log).contains("process up")
        }
        guard isUp else {
            throw LocalServerError(.startFailed, "pgbouncer does not start. \(log):\n\(tail(of: log))")
        }
        return process
    }

    private func configurationText(_ settings: [String: String], port: Int) -> String {
        let lines = settings.merging(["listen_port": String(port)]) { $1 }.sorted { $0.key < $1.key }
        return "[databases]\n* = host=127.0.0.1 port=\(postgres.port)\n[pgbouncer]\n"
            + lines.map { "\($0.key) = \($0.value)\n" }.joined()
    }

    private func write(_ text: String, to name: String) throws(LocalServerError) {
        let path = folder.file(name)
        let made = FileManager.default.createFile(
            atPath: path,
            contents: Data(text.utf8),
            attributes: [.posixPermissions: 0o600]
        )
        guard made else { throw LocalServerError(.folder, "Cannot write \(path).") }
        try postgres.binaries.give(path)
    }
}
