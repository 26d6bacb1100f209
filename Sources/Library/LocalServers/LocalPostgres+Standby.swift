import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What happens to servers: they are followed by others, frozen, killed, replaced.
extension LocalPostgres {
    /// Makes and starts a server that follows this one, and returns when it receives what this one writes. It takes reads, and writes
    /// once it is promoted.
    ///
    /// It is synchronous where this one was made with the setting `synchronous_standby_names` = `*`: then no COMMIT is answered
    /// before a standby has it on disk, and none at all before there is one.
    /// - Parameter settings: more settings of its `postgresql.conf`, besides those of this one.
    /// - Returns: the standby. It keeps this object alive.
    /// - Throws: `LocalServerError` when this one does not run, or the other one cannot be made.
    public func startStandby(settings: [String: String] = [:]) throws(LocalServerError) -> LocalPostgres {
        var all = self.settings
        // Promoted, it is alone.
        all["synchronous_standby_names"] = nil
        let standby = try LocalPostgres(
            following: self,
            folder: nil,
            port: nil,
            superuser: superuser,
            authentication: authentication,
            fsync: fsync,
            tls: tls,
            settings: all.merging(settings) { $1 },
            outlivesParent: false
        )
        let others = try streaming()
        try standby.start()
        let follows = try waitUntil(seconds: LocalProcess.hangLimit) { () throws(LocalServerError) in
            try streaming() > others
        }
        guard follows else {
            throw LocalServerError(
                .startFailed,
                "The standby does not follow. \(standby.log):\n\(tail(of: standby.log))"
            )
        }
        return standby
    }

    /// Makes a standby the primary, whether or not the former one is there, and returns when it takes writes.
    /// - Throws: `LocalServerError` when it is no standby.
    public func promote() throws(LocalServerError) {
        guard try psql("SELECT pg_promote(true, \(LocalProcess.hangLimit))") == "t" else {
            throw LocalServerError(.commandFailed, "The standby is not promoted. \(log):\n\(tail(of: log))")
        }
    }

    /// Freezes the server with all its sessions (SIGSTOP): connections stay open, the system accepts new ones for it, and nothing
    /// is answered until `resume()`.
    public func pause() {
        state.withLock { $0.process?.pauseAll() }
    }

    /// Lets a frozen server go on (SIGCONT).
    public func resume() {
        state.withLock { $0.process?.resumeAll() }
    }

    /// Ends all that serves by SIGKILL at one moment, as a power cut would: no session says good-bye, and nothing more is written
    /// or sent. Only the process that holds them, which serves nobody, cleans up. The next start recovers. Harmless when it is down.
    public func crash() {
        state.withLock { state in
            guard let process = state.process.take() else { return }
            process.pauseAll()
            for child in ProcessChildren.of(process.pid) { _ = Self.send(SIGKILL, to: child) }
            process.end(SIGQUIT, within: LocalProcess.hangLimit)
        }
    }

    // `kill` is also the name of a method here.
    private static func send(_ signal: Int32, to pid: pid_t) -> Int32 {
        #if canImport(Darwin)
            Darwin.kill(pid, signal)
        #elseif canImport(Glibc)
            Glibc.kill(pid, signal)
        #else
            Musl.kill(pid, signal)
        #endif
    }

    /// How many standbys receive what this server writes.
    private func streaming() throws(LocalServerError) -> Int {
        Int(try psql("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")) ?? 0
    }

    /// Makes this cluster of the data of another one, as one that follows it.
    func copy(of primary: LocalPostgres) throws(LocalServerError) {
        _ = try Program.run(
            binaries.asCopier([
                "-h", "127.0.0.1", "-p", String(primary.port), "-U", superuser, "-w", "-D", data, "-X", "stream",
                "-c", "fast", "--write-recovery-conf", "--no-sync",
            ]),
            environment: superuserPassword.map { ["PGPASSWORD": $0] } ?? [:]
        )
    }
}
