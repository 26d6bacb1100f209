import Foundation
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A private Postgres cluster on 127.0.0.1, for tests and for trying things out.
///
/// The cluster is made by `initdb` at the first start, and what its folder holds is used again at the next. When this
/// process is root, the server runs as the user `postgres`, for Postgres refuses root. It ends when this object is
/// released (`withLocalPostgres` keeps it alive), and when this process ends, however that happens.
/// All calls block and may be made from any thread.
public final class LocalPostgres: Sendable {
    /// How the cluster knows its users.
    public enum Authentication: Sendable {
        /// Everybody on this machine may be everybody.
        case trust
        /// SCRAM-SHA-256; the superuser has this password. It is settled when the cluster is made.
        case password(String)
    }

    struct State: ~Copyable {
        var process: ServerProcess?
        var port: Int
        var hasStarted = false
    }

    let binaries: PostgresBinaries
    let folder: ServerFolder
    let superuser: String
    let authentication: Authentication
    private let fixedPort: Bool
    let fsync: Bool
    let settings: [String: String]
    let tls: LocalTLS?
    private let outlivesParent: Bool
    /// Whom it follows until it is promoted; nil: it is a cluster of its own.
    let primary: LocalPostgres?
    let state: Mutex<State>

    /// Prepares a cluster; `start()` makes and starts it.
    /// - Parameters:
    ///   - folder: where its data is kept and found again; default: a new temporary folder, removed in the end.
    ///     As root it must be a folder that the user `postgres` can reach.
    ///   - port: default: a free one, the same for the life of this object.
    ///   - superuser: the first user of the cluster.
    ///   - fsync: false is for tests: fast, and a power cut may destroy the data (a SIGKILL does not).
    ///   - settings: more settings of `postgresql.conf`. `max_connections` is 200 and `jit` is off unless given.
    ///   - tls: default: no TLS. Else the server takes connections with it, and those without it, too. Nothing is asked of clients.
    ///   - outlivesParent: when true the server goes on when this process ends, until something stops it by its pid.
    /// - Throws: `LocalServerError` when Postgres is not installed or the folder cannot be used.
    public convenience init(
        folder: String? = nil,
        port: Int? = nil,
        superuser: String = "postgres",
        authentication: Authentication = .trust,
        fsync: Bool = true,
        tls: LocalTLS? = nil,
        settings: [String: String] = [:],
        outlivesParent: Bool = false
    ) throws(LocalServerError) {
        try self.init(
            following: nil,
            folder: folder,
            port: port,
            superuser: superuser,
            authentication: authentication,
            fsync: fsync,
            tls: tls,
            settings: settings,
            outlivesParent: outlivesParent
        )
    }

    /// - Parameter primary: whose data the cluster is made of, and whom it follows; nil: it is made by `initdb`.
    init(
        following primary: LocalPostgres?,
        folder: String?,
        port: Int?,
        superuser: String,
        authentication: Authentication,
        fsync: Bool,
        tls: LocalTLS?,
        settings: [String: String],
        outlivesParent: Bool
    ) throws(LocalServerError) {
        self.primary = primary
        binaries = try PostgresBinaries()
        self.folder = try ServerFolder(folder, name: "postgres")
        self.superuser = superuser
        self.authentication = authentication
        fixedPort = port != nil
        self.fsync = fsync
        self.settings = settings
        self.tls = tls
        self.outlivesParent = outlivesParent
        let chosenPort = if let port { port } else { try freePort() }
        state = Mutex(State(process: nil, port: chosenPort))
        try binaries.giveFolder(self.folder.path)
    }

    deinit {
        let running = state.withLock { $0.process != nil }
        // Not SIGKILL, which would leave its children to find out by themselves.
        if !outlivesParent { kill() }
        state.withLock { $0.process = nil }
        if !(running && outlivesParent) { folder.removeIfTemporary() }
    }

    /// Makes the cluster if the folder has none, starts it, and returns when it takes connections.
    /// Harmless when it runs.
    /// - Throws: `LocalServerError` with the end of the server's log, at the latest after 30 seconds.
    public func start() throws(LocalServerError) {
        try state.withLock { state throws(LocalServerError) in
            if state.process?.hasExited == false { return }
            state.process = nil
            try makeCluster()
            var attempts = fixedPort || state.hasStarted ? 1 : 5
            while true {
                do throws(LocalServerError) {
                    state.process = try launch(port: state.port)
                    state.hasStarted = true
                    return
                } catch {
                    attempts -= 1
                    guard attempts > 0, tail(of: log).contains("Address already in use") else { throw error }
                    state.port = try freePort()
                }
            }
        }
    }

    /// Ends the server in good order ("fast": clients are cut off, everything is on disk). Harmless when it is down.
    public func stop() {
        end(SIGINT)
    }

    /// Ends the server at once ("immediate"); the next start recovers as after a crash.
    public func kill() {
        end(SIGQUIT)
    }

    /// `stop()`, then `start()` on the same port.
    /// - Throws: as `start()`.
    public func restart() throws(LocalServerError) {
        stop()
        try start()
    }

    /// Whether the server's process is there.
    public var isRunning: Bool {
        state.withLock { $0.process?.hasExited == false }
    }

    /// The postmaster's process id; nil when it does not run.
    public var pid: Int32? {
        state.withLock { $0.process?.pid }
    }

    /// The server's TCP port; settled after the first `start()`.
    public var port: Int {
        state.withLock { $0.port }
    }

    /// The server's log file.
    public var log: String { folder.file("postgres.log") }

    /// The folder of the cluster: `data`, the log, the Unix socket.
    public var folderPath: String { folder.path }

    private func end(_ signal: Int32) {
        state.withLock { state in
            guard let process = state.process.take() else { return }
            process.resumeAll()
            process.end(signal, within: LocalProcess.hangLimit)
        }
    }

    var data: String { folder.file("data") }

    private func makeCluster() throws(LocalServerError) {
        if FileManager.default.fileExists(atPath: "\(data)/PG_VERSION") { return }
        if let primary { return try copy(of: primary) }
        var arguments = [
            "-D", data, "-U", superuser, "--encoding=UTF8", "--locale=\(PostgresBinaries.locale)",
        ]
        if !fsync { arguments.append("--no-sync") }
        let passwordFile = folder.file("password")
        defer { unlink(passwordFile) }
        switch authentication {
        case .trust:
            arguments.append("--auth=trust")
        case .password(let password):
            let made = FileManager.default.createFile(
                atPath: passwordFile,
                contents: Data(password.utf8),
                attributes: [.posixPermissions: 0o600]
            )
            guard made else { throw LocalServerError(.folder, "Cannot write \(passwordFile).") }
            try binaries.give(passwordFile)
            arguments += ["--auth=scram-sha-256", "--pwfile=\(passwordFile)"]
        }
        _ = try Program.run(binaries.asServer("initdb", arguments))
    }

    private func launch(port: Int) throws(LocalServerError) -> ServerProcess {
        var all = [
            "listen_addresses": "127.0.0.1", "port": String(port), "max_connections": "200",
            // A path that is too long for a socket: TCP only.
            "unix_socket_directories": folder.socket(".s.PGSQL.00000.lock") == nil ? "" : folder.path,
            "fsync": fsync ? "on" : "off", "full_page_writes": fsync ? "on" : "off",
            // Without statistics, as in a new database, a plan may look costly enough to be compiled, which takes longer than it runs.
            "jit": "off",
        ]
        if let tls { all.merge(try show(tls)) { $1 } }
        all.merge(settings) { $1 }
        let arguments = ["-D", data] + all.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        let process = try ServerProcess(
            binaries.asServer("postgres", arguments),
            environment: Program.baseEnvironment,
            log: log,
            outlivesParent: outlivesParent,
            stopSignal: "QUIT",
            temporaryFolder: folder.isTemporary ? folder.path : nil
        )
        let ready = try waitUntil(seconds: LocalProcess.hangLimit) { () throws(LocalServerError) in
            if process.hasExited {
                throw LocalServerError(.startFailed, "postgres ended while starting. \(log):\n\(tail(of: log))")
            }
            return isReady(process.pid)
        }
        guard ready else {
            process.end(SIGQUIT, within: 5)
            throw LocalServerError(
                .startFailed,
                "postgres is not ready after \(LocalProcess.hangLimit) s. \(log):\n\(tail(of: log))"
            )
        }
        return process
    }

    /// Copies what the server shows into its folder: the key has to be its own user's, and nobody else's.
    /// - Returns: The settings.
    private func show(_ tls: LocalTLS) throws(LocalServerError) -> [String: String] {
        var settings = ["ssl": "on"]
        for (name, source) in [("cert", tls.certificate.certificate), ("key", tls.certificate.key)] {
            let path = folder.file("server-\(name).pem")
            unlink(path)
            let made = FileManager.default.createFile(
                atPath: path,
                contents: FileManager.default.contents(atPath: source),
                attributes: [.posixPermissions: 0o600]
            )
            guard made else { throw LocalServerError(.folder, "Cannot write \(path).") }
            try binaries.give(path)
            settings["ssl_\(name)_file"] = path
        }
        return settings
    }

    /// The server itself says in its pid file when it takes connections; `pg_ctl` waits for the same line.
    private func isReady(_ pid: pid_t) -> Bool {
        guard let bytes = FileManager.default.contents(atPath: "\(data)/postmaster.pid") else { return false }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.count >= 8 && lines[0] == String(pid) && lines[7].hasPrefix("ready")
    }
}
