import Postgres

extension PostgresConfiguration {
    /// - Throws: `SessionNeeded` where the configuration says that there is a pooler in transaction mode.
    func requireSession() throws {
        guard pooling == .session else { throw SessionNeeded(description) }
    }
}

extension PostgresConnection {
    /// Connects, and looks whether the session is the connection's own.
    ///
    /// - Throws: as `requireSession`; `PostgresError` where it cannot connect.
    static func withOwnSession(_ configuration: PostgresConfiguration) throws -> PostgresConnection {
        let connection = try PostgresConnection(configuration)
        try connection.requireSession()
        return connection
    }

    /// Looks whether the session is the connection's own. One round trip where nothing stands between.
    ///
    /// - Throws: `SessionNeeded` where it is not, as the configuration says or the server shows; `PostgresError`.
    func requireSession() throws {
        try configuration.requireSession()
        let session = try serverPID()
        // Told so by a pooler, the number that a client has for its session is made up.
        guard session != backendPID else { return }
        if try isShared(session) { throw SessionNeeded(configuration.description) }
    }

    /// Whether another connection is given the session of one that stands, or that one meets another session the next time. What
    /// cannot be found out is no reason to refuse: the pooler may have no session left, or much else to do.
    private func isShared(_ session: Int32) throws -> Bool {
        var looking = configuration
        looking.replyTimeout = min(configuration.replyTimeout, configuration.connectTimeout)
        // Nothing is to be left in sessions that are others' too.
        looking.pooling = .transaction
        guard let other = try? PostgresConnection(looking) else { return false }
        for _ in 0..<3 {
            // In a transaction, so that it keeps what it was given.
            let isShared = try? other.transaction { tx in
                let taken = try tx.query("SELECT pg_backend_pid()") { try $0.decode(0, as: Int32.self) }
                return try taken == [session] || serverPID() != session
            }
            guard let isShared else { return false }
            // What was given back last is given out first.
            if try isShared || serverPID() != session { return true }
        }
        return false
    }
}
